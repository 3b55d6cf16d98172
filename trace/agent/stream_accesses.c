/*
 * stream_accesses.c - data accesses of the instruction stream; see stream.h and trace/stream/access_model.h.
 *
 * Rules: Bochs reports each access to a linear address when it has translated it, and one over two pages as two; what
 * an instruction does in vain, because it faults, is not reported. Debian's Bochs has its debugger, and with it each
 * iteration of a repeated string instruction is an instruction of its own whose accesses are reported: the fast paths
 * that other builds take, and that report nothing, are not there. They are refused (accesses_want) rather than
 * believed.
 */
#include <dlfcn.h>

#include "trace/agent/agent.h"
#include "trace/agent/bochs.h"
#include "trace/agent/stream.h"
#include "trace/stream/access_encode.h"

static struct access_encoder encoder;
static bool wanted, on;
static uint64_t off_since; /* the first instruction whose accesses are not recorded */

void accesses_hook(unsigned cpu, uint64_t linear, uint64_t physical, unsigned bytes, unsigned memory_type,
                   unsigned direction) {
    static const uint8_t directions[] = { [BOCHS_READ] = ACCESS_READS, [BOCHS_WRITE] = ACCESS_WRITES,
                                          [BOCHS_READ_WRITE] = ACCESS_READS_AND_WRITES };

    (void)cpu;
    (void)memory_type;
    if (!on)
        return;
    if (!access_put(&encoder, count_now(), stream_running_address(), (uint32_t)linear, (uint32_t)physical, bytes,
                    directions[direction & 3]))
        end_because(TRACE_OUTCOME_error, "a packet of the instruction stream has no room for its data accesses");
    if (__builtin_expect(encoder.full, 0))
        count_attend();
}

void accesses_want(void) {
    if (dlsym(RTLD_DEFAULT, BOCHS_FAST_MOVS) || !dlsym(RTLD_DEFAULT, BOCHS_DEBUGGER))
        agent_refuse("PENUMBRA_TRACE=mem, but this Bochs has a fast path for repeated string instructions that reports "
                     "no access; use bochs-bin of Debian 12");
    wanted = true;
}

/* Accesses have not been recorded up to instruction `time`. */
static void note_quiet(uint64_t time) {
    if (time > off_since && !access_quiet(&encoder, off_since, time))
        end_because(TRACE_OUTCOME_error, "a packet of the instruction stream has no room for its windows");
    off_since = time;
}

void accesses_switch(bool wanted_now, uint64_t time) {
    if (!wanted || wanted_now == on)
        return;
    on = wanted_now;
    if (on)
        note_quiet(time);
    off_since = time;
}

void accesses_begin(uint64_t time) {
    if (wanted)
        access_begin(&encoder, time);
    off_since = time;
}

bool accesses_full(void) {
    return encoder.full;
}

uint32_t accesses_bytes(void) {
    return columns_bytes(encoder.columns, ACCESS_COLUMNS);
}

uint32_t accesses_end(uint64_t until, uint8_t *content) {
    if (wanted && !on)
        note_quiet(until);
    return wanted ? access_end(&encoder, content) : 0;
}
