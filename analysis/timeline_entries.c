/*
 * timeline_entries.c - entries into the hypervisor as spans of a vcpu: hypercalls with their parts, faults, interrupts.
 *
 * Rules:
 *   - An entry begins with an exception or interrupt that leads from an outer ring to ring 0, and ends when the vcpu
 *     goes on in an outer ring; also without an instruction there, when the next exception or interrupt comes at once.
 *   - A part of a multicall reaches from the end of the one before it (of the first: from the entry) to its record.
 * Callers: analysis/timeline.c.
 */
#include "analysis/timeline.h"

#include <stdio.h>
#include <string.h>

static enum timeline_lane lane_of(const struct entry_facts *facts) {
    if (facts->is_exception)
        return LANE_FAULT;
    return facts->hypercall != NO_HYPERCALL || (!facts->is_interrupt && facts->vector == HYPERCALL_VECTOR)
        ? LANE_HYPERCALL : LANE_INTERRUPT;
}

/* The name of an entry by lane, without the parts of a multicall: they have a lane of their own. */
static void name_entry(const struct entry_facts *facts, enum timeline_lane lane, char *text, size_t size) {
    static const enum entries_by by[TIMELINE_LANES] = { [LANE_HYPERCALL] = BY_HYPERCALL, [LANE_FAULT] = BY_FAULT };
    struct entry_facts alone = *facts;

    alone.parts = 0;
    entry_name(&alone, by[lane], text, size);
}

void timeline_entry_end(struct timeline *timeline, struct timeline_vcpu *vcpu, uint64_t time) {
    char name[TIMELINE_NAME], *detail = "";

    if (!vcpu->inside)
        return;
    enum timeline_lane lane = lane_of(&vcpu->facts);

    name_entry(&vcpu->facts, lane, name, sizeof(name));
    char *parted = lane == LANE_FAULT ? strstr(name, ": ") : NULL; /* "page fault: fill_l1" */

    if (parted) {
        *parted = '\0';
        detail = parted + 2;
    }
    timeline_put(timeline, &(struct timeline_item){ lane, vcpu->domain, vcpu->vcpu, vcpu->entered, time, name, detail,
                                                    lane == LANE_INTERRUPT ? 0 : vcpu->value });
    vcpu->inside = false;
}

/* Of one whose cause is not in the trace nothing is said. */
static void begin_entry(struct timeline *timeline, struct timeline_vcpu *vcpu, uint64_t time) {
    vcpu->inside = timeline->caused;
    timeline->caused = false;
    vcpu->entered = vcpu->answered = time;
    vcpu->facts = timeline->cause;
    vcpu->value = 0;
}

/* An exception or an interrupt outside ring 0, which may lead there. */
static void on_cause(struct timeline *timeline, struct timeline_vcpu *vcpu, const struct event *event) {
    const struct trace_record_hw_exception *exception = (const void *)event->bytes;
    const struct trace_record_hw_interrupt *interrupt = (const void *)event->bytes;
    bool is_exception = event->header.id == TRACE_ID_hw_exception;

    if ((is_exception ? exception->ring : interrupt->ring) == 0)
        return;
    timeline->caused = true;
    timeline->cause = (struct entry_facts){
        .hypercall = NO_HYPERCALL, .is_exception = is_exception, .is_interrupt = !is_exception && !interrupt->software,
        .vector = is_exception ? exception->vector : interrupt->vector,
    };
    if (timeline->ring == 0) { /* no instruction ran in the outer ring */
        timeline_entry_end(timeline, vcpu, event->time);
        begin_entry(timeline, vcpu, event->time);
    }
}

static void on_ring(struct timeline *timeline, struct timeline_vcpu *vcpu, const struct event *event) {
    const struct trace_record_hw_ring *ring = (const void *)event->bytes;

    if (ring->from == 0 && ring->to != 0)
        timeline_entry_end(timeline, vcpu, event->time);
    else if (ring->from != 0 && ring->to == 0)
        begin_entry(timeline, vcpu, event->time);
}

/* A part of a multicall has been answered. */
static void on_subcall(struct timeline *timeline, struct timeline_vcpu *vcpu, const struct event *event) {
    const struct trace_record_pv_hypercall_subcall *call = (const void *)event->bytes;
    char name[TIMELINE_NAME];

    name_hypercall(call->number, name, sizeof(name));
    timeline_put(timeline, &(struct timeline_item){ LANE_SUBCALL, vcpu->domain, vcpu->vcpu,
                                                    vcpu->inside ? vcpu->answered : event->time, event->time, name, "",
                                                    call->result });
    vcpu->answered = event->time;
}

/* What the entry's value is: the result of a hypercall, the address of a page fault. */
static void take_value(struct timeline_vcpu *vcpu, const struct event *event) {
    const struct trace_record_pv_hypercall *call = (const void *)event->bytes;
    const struct trace_record_shadow_fault *shadow = (const void *)event->bytes;
    const struct trace_record_pv_page_fault *guest = (const void *)event->bytes;

    if (event->header.id == TRACE_ID_pv_hypercall)
        vcpu->value = call->result;
    else if (event->header.id == TRACE_ID_shadow_fault && !vcpu->facts.shadow_fault)
        vcpu->value = shadow->linear;
    else if (event->header.id == TRACE_ID_pv_page_fault && !vcpu->facts.shadow_fault)
        vcpu->value = guest->linear;
}

void timeline_entries_event(struct timeline *timeline, const struct event *event) {
    struct timeline_vcpu *vcpu = &timeline->vcpus[timeline->running];

    switch (event->header.id) {
    case TRACE_ID_hw_exception:
    case TRACE_ID_hw_interrupt:
        on_cause(timeline, vcpu, event);
        return;
    case TRACE_ID_hw_ring:
        on_ring(timeline, vcpu, event);
        return;
    case TRACE_ID_pv_hypercall_subcall:
        on_subcall(timeline, vcpu, event);
        break;
    default:
        break;
    }
    if (!vcpu->inside || event->what->is_hardware)
        return;
    take_value(vcpu, event);
    entry_facts_event(&vcpu->facts, event);
}
