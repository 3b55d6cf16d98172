/*
 * main.c - the agent's start; see agent.h for the parts and docs/agent.md for the environment.
 *
 * Rules: LD_PRELOAD reaches every program that a command starts, the shell script around Bochs among them. The agent acts in a
 * program that exports one of the hooks or is named bochs-bin, and nowhere else; there it works completely or refuses to start.
 */
#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "trace/agent/agent.h"
#include "trace/agent/bochs.h"
#include "trace/agent/stream.h"

#define REFUSED 2

struct bochs bochs;
const struct provider *provider;

/* Host time, as far as the emulator is concerned: what it would be if the machine ran at its nominal speed. */
static uint64_t simulated_usec(void) {
    return bochs.time_usec(bochs.pc_system);
}

static const struct hook hooks[] = {
    { BOCHS_FAR_BRANCH, HOOK_STUB, hardware_far_branch },
    { BOCHS_INTERRUPT, HOOK_STUB, hardware_interrupt },
    { BOCHS_HWINTERRUPT, HOOK_STUB, hardware_external_interrupt },
    { BOCHS_EXCEPTION, HOOK_STUB, hardware_exception },
    { BOCHS_TLB_CONTROL, HOOK_STUB, hardware_tlb_control },
    { BOCHS_PHYSICAL_ACCESS, HOOK_STUB, hardware_physical_access },
    { BOCHS_RESET, HOOK_STUB, hardware_reset },
    { BOCHS_PORT_OUT, HOOK_STUB, handover_port_out },
    { BOCHS_HOST_TIME, HOOK_FUNCTION, simulated_usec },
    { BOCHS_PLUGIN_CLEANUP, HOOK_FUNCTION, end_of_bochs },
};

/* What only the instruction stream needs. */
static const struct hook stream_hooks[] = {
    { BOCHS_OPCODE, HOOK_STUB, stream_opcode },
    { BOCHS_REPEAT_ITERATION, HOOK_STUB, stream_repeat_iteration },
    { BOCHS_HLT, HOOK_STUB, stream_hlt },
};

/* What only data accesses need. */
static const struct hook access_hooks[] = { { BOCHS_LINEAR_ACCESS, HOOK_STUB, accesses_hook } };

/* What nobody needs, but for the last one. */
static const char *const silent_hooks[] = { BOCHS_BEFORE_EXECUTION, BOCHS_AFTER_EXECUTION, BOCHS_BRANCH_TAKEN,
                                            BOCHS_BRANCH_NOT_TAKEN, BOCHS_BRANCH, BOCHS_LINEAR_ACCESS };

#define HOOKS (sizeof(hooks) / sizeof(hooks[0]))

_Noreturn void agent_refuse(const char *format, ...) {
    va_list arguments;

    va_start(arguments, format);
    fputs("agent: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    _exit(REFUSED);
}

static bool is_emulator(void) {
    char path[4096];
    ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);
    const char *name;

    for (uint32_t i = 0; i < HOOKS; i++) {
        if (hooks[i].kind == HOOK_STUB && dlsym(RTLD_DEFAULT, hooks[i].symbol))
            return true;
    }
    if (length <= 0)
        return false;
    path[length] = 0;
    name = strrchr(path, '/');
    return name && strcmp(name + 1, "bochs-bin") == 0;
}

static void find_functions(void) {
    *(void **)&bochs.get_eip = hooks_symbol(BOCHS_GET_EIP);
    *(void **)&bochs.get_selector = hooks_symbol(BOCHS_GET_SELECTOR);
    *(void **)&bochs.host_address = hooks_symbol(BOCHS_HOST_ADDRESS);
    *(void **)&bochs.time_usec = hooks_symbol(BOCHS_TIME_USEC);
    bochs.pc_system = hooks_symbol(BOCHS_PC_SYSTEM);
    bochs.processors = hooks_symbol(BOCHS_PROCESSORS);
    *(void **)&bochs.get_segment = hooks_symbol(BOCHS_GET_SEGMENT);
    *(void **)&bochs.translate = hooks_symbol(BOCHS_TRANSLATE);
}

/* Load provider.so, which lies beside this library. */
static void load_provider(void) {
    char path[4096];
    Dl_info info;
    const char *slash;
    void *library;

    if (!dladdr(hooks, &info) || !(slash = strrchr(info.dli_fname, '/')))
        agent_refuse("cannot find the directory the agent was loaded from; give LD_PRELOAD a path with a directory");
    if ((size_t)snprintf(path, sizeof(path), "%.*s/provider.so", (int)(slash - info.dli_fname), info.dli_fname) >= sizeof(path))
        agent_refuse("the path of the agent's library is too long");
    library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library)
        agent_refuse("cannot load the tracepoints: %s", dlerror());
    provider = dlsym(library, PROVIDER_SYMBOL);
    if (!provider)
        agent_refuse("%s exports no %s", path, PROVIDER_SYMBOL);
    if (!provider->wanted())
        agent_refuse("PENUMBRA_TRACE=events, but no LTTng session records events named penumbra:*; start one (trace/session.py)");
}

/* What PENUMBRA_TRACE asks for; each includes the one before it. */
static enum trace_depth { TRACE_OFF, TRACE_EVENTS, TRACE_INSN, TRACE_MEM } depth_wanted(void) {
    static const char *const names[] = { "off", "events", "insn", "mem" };
    const char *trace = getenv("PENUMBRA_TRACE");

    for (uint32_t i = 0; trace && i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(trace, names[i]) == 0)
            return (enum trace_depth)i;
    }
    if (trace)
        agent_refuse("PENUMBRA_TRACE=%s; it must be off, events, insn or mem", trace);
    return TRACE_OFF;
}

__attribute__((constructor)) static void start(void) {
    enum trace_depth depth;

    if (!is_emulator())
        return;
    find_functions();
    watch_describe(getenv("PENUMBRA_TRACE_DIRECTORY"), getenv("PENUMBRA_RESERVE"));
    end_prepare(getenv("PENUMBRA_STATUS"));
    watch_start();
    console_open(getenv("PENUMBRA_CONSOLE"));
    console_until(getenv("PENUMBRA_UNTIL"));
    count_share_clock(getenv("PENUMBRA_CLOCK"));
    depth = depth_wanted();
    if (depth >= TRACE_EVENTS)
        load_provider();
    hooks_patch(hooks, HOOKS);
    loop_prepare();
    if (depth >= TRACE_INSN) {
        if (!provider->stream_wanted())
            agent_refuse("PENUMBRA_TRACE asks for instructions, but the LTTng session does not record events named penumbra_stream:*");
        flight_describe(getenv("PENUMBRA_FLIGHT"), getenv("PENUMBRA_FLIGHT_EVENT"));
        stream_want();
        walks_want();
        window_describe(WINDOW_INSTRUCTIONS, "PENUMBRA_WINDOW", getenv("PENUMBRA_WINDOW"));
        window_describe(WINDOW_ACCESSES, "PENUMBRA_MEM_WINDOW", getenv("PENUMBRA_MEM_WINDOW"));
        hooks_patch(stream_hooks, sizeof(stream_hooks) / sizeof(stream_hooks[0]));
    }
    for (uint32_t i = 0; i < sizeof(silent_hooks) / sizeof(silent_hooks[0]) - (depth >= TRACE_MEM); i++)
        hooks_silence(silent_hooks[i]);
    if (depth >= TRACE_MEM) {
        accesses_want();
        hooks_patch(access_hooks, 1);
    }
    crash_prepare();
}
