/*
 * entry_names.c - see entry_names.h. Source: the numbers are those of Xen's public header xen.h; Intel SDM volume 3,
 * 6.3.1.
 */
#include "analysis/entry_names.h"

#include <stdio.h>
#include <string.h>

#define MMU_UPDATE 1u
#define UPDATE_VA_MAPPING 14u
#define UPDATE_VA_MAPPING_OTHERDOMAIN 22u

static const char *const hypercalls[] = {
    [0] = "set_trap_table", "mmu_update", "set_gdt", "stack_switch", "set_callbacks", "fpu_taskswitch",
    "sched_op_compat", "platform_op", "set_debugreg", "get_debugreg", "update_descriptor", NULL, "memory_op",
    "multicall", "update_va_mapping", "set_timer_op", "event_channel_op_compat", "xen_version", "console_io",
    "physdev_op_compat", "grant_table_op", "vm_assist", "update_va_mapping_otherdomain", "iret", "vcpu_op",
    "set_segment_base", "mmuext_op", "xsm_op", "nmi_op", "sched_op", "callback_op", "xenoprof_op", "event_channel_op",
    "physdev_op", "hvm_op", "sysctl", "domctl", [55] = "marker",
};

static const char *const exceptions[] = {
    "divide error", "debug", "NMI", "breakpoint", "overflow", "bound range", "invalid opcode", "device not available",
    "double fault", "coprocessor overrun", "invalid TSS", "segment not present", "stack fault", "general protection",
    "page fault", NULL, "x87 error", "alignment check", "machine check", "SIMD error",
};

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

bool is_table_hypercall(uint32_t number) {
    return number == MMU_UPDATE || number == UPDATE_VA_MAPPING || number == UPDATE_VA_MAPPING_OTHERDOMAIN;
}

void name_hypercall(uint32_t number, char *text, size_t size) {
    if (number == NO_HYPERCALL)
        snprintf(text, size, "multicall");
    else if (number < COUNT(hypercalls) && hypercalls[number])
        snprintf(text, size, "%s", hypercalls[number]);
    else
        snprintf(text, size, "hypercall %u", number);
}

/* "multicall of mmuext_op, marker". */
static void name_call(const struct entry_facts *facts, char *text, size_t size) {
    const char *between = " of ";

    name_hypercall(facts->hypercall, text, size);
    for (uint32_t i = 0; i < 64; i++) {
        size_t used = strlen(text);

        if (!(facts->parts >> i & 1))
            continue;
        snprintf(text + used, size - used, "%s", between);
        used = strlen(text);
        name_hypercall(i, text + used, size - used);
        between = ", ";
    }
}

static bool changes_tables(const struct entry_facts *facts) {
    for (uint32_t i = 0; i < 64; i++) {
        if (facts->parts >> i & 1 && is_table_hypercall(i))
            return true;
    }
    return facts->hypercall != NO_HYPERCALL && is_table_hypercall(facts->hypercall);
}

/* The path's flags by name, such as "fill_l1|set_accessed". */
static void name_path(uint32_t path, char *text, size_t size) {
    const char *between = "";

    text[0] = '\0';
    for (uint32_t i = 0; i < trace_enumeration_fault_path.count; i++) {
        size_t used = strlen(text);

        if (path & trace_enumeration_fault_path.values[i].value) {
            snprintf(text + used, size - used, "%s%s", between, trace_enumeration_fault_path.values[i].name);
            between = "|";
        }
    }
}

/* What became of the exception. */
static void name_outcome(const struct entry_facts *facts, char *text, size_t size) {
    const char *what = "";

    if (facts->shadow_fault && facts->path) {
        name_path(facts->path, text, size);
        return;
    }
    if (facts->privop) {
        what = trace_value_name(&trace_enumeration_privop, facts->privop_what);
        snprintf(text, size, "%s carried out", what ? what : "instruction");
        return;
    }
    if (facts->disconnect)
        what = "table disconnected";
    else if (facts->reconnect)
        what = "table connected";
    else if (facts->writes)
        what = "store carried out";
    else if (facts->fpu)
        what = "FPU state loaded";
    else if (facts->segment)
        what = "segment turned over";
    else if (facts->to_guest)
        what = "delivered to the guest";
    snprintf(text, size, "%s", what);
}

static void name_fault(const struct entry_facts *facts, char *text, size_t size) {
    char outcome[80];

    name_outcome(facts, outcome, sizeof(outcome));
    if (facts->vector < COUNT(exceptions) && exceptions[facts->vector])
        snprintf(text, size, "%s%s%s", exceptions[facts->vector], outcome[0] ? ": " : "", outcome);
    else
        snprintf(text, size, "exception %u%s%s", facts->vector, outcome[0] ? ": " : "", outcome);
}

static bool name_pte_write(const struct entry_facts *facts, char *text, size_t size) {
    const char *what = NULL;

    if (changes_tables(facts)) {
        name_call(facts, text, size);
        return true;
    }
    if (facts->is_exception && facts->path & TRACE_FAULT_PATH_emulated)
        what = "store carried out";
    else if (facts->is_exception && facts->path & TRACE_FAULT_PATH_unshadowed)
        what = "store to a table whose shadow is dropped";
    else if (facts->is_exception && facts->path & TRACE_FAULT_PATH_out_of_sync)
        what = "store to a table that goes out of sync";
    else if (facts->disconnect)
        what = "store to a table that is disconnected";
    else if (facts->is_exception && facts->writes)
        what = "store carried out";
    else if (facts->resync)
        what = "tables out of sync compared";
    else if (facts->reconnect)
        what = "disconnected table connected";
    if (what)
        snprintf(text, size, "%s", what);
    return what != NULL;
}

static bool is_hypercall(const struct entry_facts *facts) {
    return facts->hypercall != NO_HYPERCALL
        || (!facts->is_exception && !facts->is_interrupt && !facts->switched_to && facts->vector == HYPERCALL_VECTOR);
}

bool entry_name(const struct entry_facts *facts, enum entries_by by, char *text, size_t size) {
    char name[96];

    if (by == BY_PTE_WRITE)
        return name_pte_write(facts, text, size);
    if (by == BY_HYPERCALL && !is_hypercall(facts))
        return false;
    if (by == BY_FAULT && (!facts->is_exception || facts->switched_to))
        return false;
    if (is_hypercall(facts) && facts->hypercall == NO_HYPERCALL)
        snprintf(name, sizeof(name), "not recorded");
    else if (is_hypercall(facts))
        name_call(facts, name, sizeof(name));
    if (is_hypercall(facts))
        snprintf(text, size, "%s%.80s", by == BY_ENTRY ? "hypercall " : "", name);
    else if (facts->switched_to)
        snprintf(text, size, "switched to");
    else if (facts->is_exception)
        name_fault(facts, text, size);
    else
        snprintf(text, size, "%s 0x%x", facts->is_interrupt ? "interrupt" : "software interrupt", facts->vector);
    return true;
}

uint64_t entry_writes(const struct entry_facts *facts) {
    uint64_t seen = facts->writes + facts->resync_writes + facts->reconnect_writes;

    return seen > facts->requests ? seen : facts->requests;
}
