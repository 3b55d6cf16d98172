/*
 * export_xen.c - records as Xen's own; see export.h and docs/exports.md.
 *
 * Rules:
 *   - A file is chunks, each a record TRC_TRACE_CPU_CHANGE (processor, bytes that follow) and then records with times.
 *   - At most one vcpu runs; xenalyze takes that from the changes of state. While nobody runs, the idle domain does,
 *     as in Xen: its changes are made here, out of sched_switch. A vcpu that leaves without a change of its own, and
 *     all of a domain that has ended, are offline.
 *   - The first records of a window say who runs.
 *   - A record of a vcpu is written only while that one runs: the format names none but the running one.
 * Source: Xen's public headers trace.h and xen.h; what xen/arch/x86/pv/trace.c and common/sched/core.c of Xen put into
 * these records, and what xenalyze of Xen 4.17 makes of them.
 */
#include "analysis/export.h"

#include <stdlib.h>
#include <string.h>
#include <xen/trace.h>

#define IDLE_DOMAIN 0x7fffu
#define CHUNK_WORDS 16384u
#define NOBODY_RUNS UINT32_MAX
#define HYPERCALLS_KNOWN 38u     /* xenalyze has names for numbers below, and no bounds when it prints them */
#define ARGUMENTS_TWO (TRC_PV_HYPERCALL_V2_ARG_32(0) | TRC_PV_HYPERCALL_V2_ARG_32(1))

struct export_vcpu {
    uint32_t domid, vcpu;
    uint32_t state;              /* enum runstate, which is Xen's */
};

/* ---- the file --------------------------------------------------------------------------------------------------- */

static void write_chunk(struct export_xen *xen) {
    const uint32_t head[] = { TRC_TRACE_CPU_CHANGE | 2u << TRACE_EXTRA_SHIFT, 0, xen->word_count * 4 };

    if (xen->word_count == 0)
        return;
    fwrite(head, sizeof(head), 1, xen->to);
    fwrite(xen->words, 4, xen->word_count, xen->to);
    xen->word_count = 0;
}

static void put(struct export_xen *xen, uint64_t time, uint32_t event, const uint32_t *data, uint32_t words) {
    if (!xen->words)
        xen->words = grow(NULL, CHUNK_WORDS, sizeof(*xen->words));
    uint32_t *to = xen->words + xen->word_count;

    to[0] = event | words << TRACE_EXTRA_SHIFT | (uint32_t)TRC_HD_CYCLE_FLAG;
    to[1] = (uint32_t)time;
    to[2] = (uint32_t)(time >> 32);
    memcpy(to + 3, data, words * 4);
    xen->word_count += 3 + words;
    xen->records++;
    if (xen->word_count + 3 + TRACE_EXTRA_MAX > CHUNK_WORDS)
        write_chunk(xen);
}

#define PUT(xen, time, event, ...)                                                             \
    put(xen, time, event, (const uint32_t[]){ __VA_ARGS__ }, sizeof((uint32_t[]){ __VA_ARGS__ }) / 4)

/* ---- who runs --------------------------------------------------------------------------------------------------- */

static uint32_t index_of(struct export_xen *xen, uint32_t domid, uint32_t vcpu) {
    uint64_t key = (uint64_t)domid << 16 | vcpu;
    const uint32_t *known = map_get(&xen->vcpu_index, key);

    if (known)
        return *known;
    xen->vcpus = grow(xen->vcpus, xen->vcpu_count + 1, sizeof(*xen->vcpus));
    xen->vcpus[xen->vcpu_count] = (struct export_vcpu){ domid, vcpu, TRACE_RUNSTATE_offline };
    map_put(&xen->vcpu_index, key, xen->vcpu_count);
    return xen->vcpu_count++;
}

static void put_state(struct export_xen *xen, uint64_t time, uint32_t index, uint32_t from, uint32_t to) {
    const struct export_vcpu *vcpu = &xen->vcpus[index];

    if (xen->begun)
        PUT(xen, time, TRC_SCHED_RUNSTATE_CHANGE | (from & 3) << 8 | (to & 3) << 4, vcpu->domid << 16 | vcpu->vcpu);
}

static void set_state(struct export_xen *xen, uint64_t time, uint32_t index, uint32_t from, uint32_t to) {
    if (to == TRACE_RUNSTATE_running && xen->running == 0)
        set_state(xen, time, 0, TRACE_RUNSTATE_running, TRACE_RUNSTATE_runnable);
    put_state(xen, time, index, from, to);
    xen->vcpus[index].state = to;
    if (to == TRACE_RUNSTATE_running)
        xen->running = index;
    else if (xen->running == index)
        xen->running = NOBODY_RUNS;
}

static void begin(struct export_xen *xen) {
    index_of(xen, IDLE_DOMAIN, 0);
    xen->vcpus[0].state = TRACE_RUNSTATE_running;
}

/* The window opens. */
static void begin_window(struct export_xen *xen, uint64_t time) {
    xen->begun = true;
    if (xen->running != NOBODY_RUNS)
        put_state(xen, time, xen->running, TRACE_RUNSTATE_runnable, TRACE_RUNSTATE_running);
}

static void on_runstate(struct export_xen *xen, const struct event *event) {
    const struct trace_record_sched_runstate_change *from = (const void *)event->bytes;

    set_state(xen, event->time, index_of(xen, from->target_domid, from->target_vcpu), from->from, from->to);
}

static void on_switch(struct export_xen *xen, const struct event *event) {
    const struct trace_record_sched_switch *from = (const void *)event->bytes;
    bool left = from->prev_domid == TRACE_NO_DOMAIN, entered = from->next_domid == TRACE_NO_DOMAIN;

    if (xen->begun)
        PUT(xen, event->time, TRC_SCHED_SWITCH, left ? IDLE_DOMAIN : from->prev_domid, left ? 0 : from->prev_vcpu,
            entered ? IDLE_DOMAIN : from->next_domid, entered ? 0 : from->next_vcpu);
    if (!left && xen->running == index_of(xen, from->prev_domid, from->prev_vcpu))
        set_state(xen, event->time, xen->running, TRACE_RUNSTATE_running, TRACE_RUNSTATE_offline);
    if (entered && xen->running == NOBODY_RUNS)
        set_state(xen, event->time, 0, TRACE_RUNSTATE_runnable, TRACE_RUNSTATE_running);
}

static void on_ended(struct export_xen *xen, const struct event *event) {
    for (uint32_t i = 1; i < xen->vcpu_count; i++) {
        if (xen->vcpus[i].domid == event->header.domid && xen->vcpus[i].state != TRACE_RUNSTATE_offline
            && i != xen->running)
            set_state(xen, event->time, i, xen->vcpus[i].state, TRACE_RUNSTATE_offline);
    }
}

/* Everything of the scheduler. */
static void on_sched(struct export_xen *xen, const struct event *event) {
    static const struct {
        uint32_t id, event, words;
    } same[] = {
        { TRACE_ID_sched_dom_add, TRC_SCHED_DOM_ADD, 1 }, { TRACE_ID_sched_dom_rem, TRC_SCHED_DOM_REM, 1 },
        { TRACE_ID_sched_wake, TRC_SCHED_WAKE, 2 },       { TRACE_ID_sched_sleep, TRC_SCHED_SLEEP, 2 },
        { TRACE_ID_sched_block, TRC_SCHED_BLOCK, 2 },     { TRACE_ID_sched_yield, TRC_SCHED_YIELD, 2 },
    };
    const struct trace_record_sched_wake *record = (const void *)event->bytes;
    const struct trace_record_sched_shutdown *shutdown = (const void *)event->bytes;
    const uint32_t vcpu[] = { record->target_domid, record->target_vcpu };

    if (event->header.id == TRACE_ID_sched_runstate_change)
        on_runstate(xen, event);
    else if (event->header.id == TRACE_ID_sched_switch)
        on_switch(xen, event);
    else if (event->header.id == TRACE_ID_domain_ended)
        on_ended(xen, event);
    if (!xen->begun)
        return;
    if (event->header.id == TRACE_ID_sched_shutdown)
        PUT(xen, event->time, TRC_SCHED_SHUTDOWN, shutdown->target_domid, event->header.vcpu, shutdown->code);
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        if (same[i].id == event->header.id)
            put(xen, event->time, same[i].event, vcpu, same[i].words);
    }
}

/* ---- what guests did -------------------------------------------------------------------------------------------- */

/* The exceptions that push an error code: Intel SDM volume 3, 6.3.1. */
static bool has_error_code(uint32_t vector) {
    return vector == 8 || (vector >= 10 && vector <= 14) || vector == 17;
}

static void put_hypercall(struct export_xen *xen, const struct event *event, uint32_t as, uint32_t number,
                          uint32_t arg0, uint32_t arg1) {
    if (number >= HYPERCALLS_KNOWN)
        xen->numbers++;
    else
        PUT(xen, event->time, as, number | ARGUMENTS_TWO, arg0, arg1);
}

static void put_trap(struct export_xen *xen, const struct event *event) {
    const struct trace_record_pv_trap *trap = (const void *)event->bytes;
    uint32_t with = has_error_code(trap->vector) ? 1u << 15 : 0;

    PUT(xen, event->time, TRC_PV_TRAP, trap->eip, (trap->vector & 0x7fff) | with | trap->error_code << 16);
}

/* A record of the vcpu that runs. */
static void put_guest(struct export_xen *xen, const struct event *event) {
    const struct trace_record_pv_hypercall *call = (const void *)event->bytes;
    const struct trace_record_pv_hypercall_subcall *part = (const void *)event->bytes;
    const struct trace_record_pv_page_fault *fault = (const void *)event->bytes;
    const struct trace_record_pv_emulate_privop *privop = (const void *)event->bytes;
    const struct trace_record_pv_emulate_4gb *segment = (const void *)event->bytes;
    const struct trace_record_shadow_fault *shadow = (const void *)event->bytes;

    switch (event->header.id) {
    case TRACE_ID_pv_hypercall:
        put_hypercall(xen, event, TRC_PV_HYPERCALL_V2, call->number, call->arg0, call->arg1);
        break;
    case TRACE_ID_pv_hypercall_subcall:
        put_hypercall(xen, event, TRC_PV_HYPERCALL_SUBCALL, part->number, part->arg0, part->arg1);
        break;
    case TRACE_ID_pv_trap:
        put_trap(xen, event);
        break;
    case TRACE_ID_pv_page_fault:
        PUT(xen, event->time, TRC_PV_PAGE_FAULT, fault->eip, fault->linear, fault->error_code);
        break;
    case TRACE_ID_pv_emulate_privop:
        PUT(xen, event->time,
            privop->what == TRACE_PRIVOP_ud2_cpuid ? TRC_PV_FORCED_INVALID_OP : TRC_PV_EMULATE_PRIVOP, privop->eip);
        break;
    case TRACE_ID_pv_emulate_4gb:
        PUT(xen, event->time, TRC_PV_EMULATE_4GB, segment->eip);
        break;
    case TRACE_ID_pv_math_state_restore:
        put(xen, event->time, TRC_PV_MATH_STATE_RESTORE, NULL, 0);
        break;
    case TRACE_ID_shadow_fault:
        if (!(shadow->path & (TRACE_FAULT_PATH_to_guest | TRACE_FAULT_PATH_fatal)))
            PUT(xen, event->time, TRC_PV_PAGING_FIXUP, shadow->eip, shadow->linear);
        break;
    default:
        break;
    }
}

static bool is_of_guest(uint32_t id) {
    return id == TRACE_ID_pv_hypercall || id == TRACE_ID_pv_hypercall_subcall || id == TRACE_ID_pv_trap
        || id == TRACE_ID_pv_page_fault || id == TRACE_ID_pv_emulate_privop || id == TRACE_ID_pv_emulate_4gb
        || id == TRACE_ID_pv_math_state_restore || id == TRACE_ID_shadow_fault;
}

static void on_guest(struct export_xen *xen, const struct event *event) {
    const struct export_vcpu *runs = xen->running == NOBODY_RUNS ? NULL : &xen->vcpus[xen->running];

    if (!is_of_guest(event->header.id) || !xen->begun)
        return;
    if (runs && runs->domid == event->header.domid && runs->vcpu == event->header.vcpu)
        put_guest(xen, event);
    else
        xen->elsewhere++;
}

/* Somebody else may run by now, but the next change of state tells. xenalyze wants the loss to begin before. */
static void on_lost(struct export_xen *xen, const struct event *event) {
    const struct trace_record_lost_records *lost = (const void *)event->bytes;
    const struct export_vcpu *vcpu = &xen->vcpus[xen->running == NOBODY_RUNS ? 0 : xen->running];
    uint64_t first = xen->last < event->time ? xen->last : event->time - 1;

    if (xen->begun)
        PUT(xen, event->time, TRC_LOST_RECORDS, lost->count, vcpu->vcpu << 16 | vcpu->domid, (uint32_t)first,
            (uint32_t)(first >> 32));
}

void export_xen_event(void *state, const struct event *event) {
    struct export_xen *xen = state;
    const struct trace_record_hypervisor_start *start = (const void *)event->bytes;

    if (xen->vcpu_count == 0)
        begin(xen);
    if (event->header.id == TRACE_ID_hypervisor_start && start->classes && !(start->classes & TRACE_CLASS_sched))
        xen->refused = true;
    if (xen->refused)
        return;
    if (!xen->begun && event->time >= xen->from)
        begin_window(xen, event->time);
    on_sched(xen, event);
    on_guest(xen, event);
    if (event->header.id == TRACE_ID_lost_records)
        on_lost(xen, event);
    xen->last = event->time;
}

void export_xen_finish(struct export_xen *xen) {
    write_chunk(xen);
    free(xen->words);
    free(xen->vcpus);
    map_free(&xen->vcpu_index);
}
