/*
 * schedule.c - see schedule.h.
 */
#include "analysis/schedule.h"

#include <stdlib.h>

static uint32_t add(struct schedule *schedule, uint32_t domain, uint32_t vcpu) {
    schedule->list = grow(schedule->list, schedule->count + 1, sizeof(*schedule->list));
    schedule->list[schedule->count] = (struct scheduled){
        .domain = domain, .vcpu = vcpu, .state = TRACE_RUNSTATE_offline, .since = schedule->last,
    };
    return schedule->count++;
}

/* Index of the vcpu, made when it is new; 0, nobody's, for TRACE_NO_DOMAIN. */
static uint32_t find(struct schedule *schedule, uint32_t domid, uint32_t vcpu) {
    uint32_t domain = domains_of(schedule->domains, domid);
    uint64_t key = (uint64_t)domain << 32 | vcpu;

    if (schedule->count == 0)
        add(schedule, NOBODY, 0);
    if (domain == NOBODY)
        return 0;
    const uint32_t *known = map_get(&schedule->index, key);

    if (known)
        return *known;
    map_put(&schedule->index, key, schedule->count);
    return add(schedule, domain, vcpu);
}

/* The time up to now is that of the state it was in. */
static void settle(struct schedule *schedule, struct scheduled *vcpu, uint64_t now) {
    uint64_t from = vcpu->since > schedule->start ? vcpu->since : schedule->start;
    uint64_t spent = now > from ? now - from : 0;

    if (schedule->started) {
        vcpu->time[vcpu->state] += spent;
        if (vcpu->state == TRACE_RUNSTATE_runnable && spent > vcpu->longest_wait)
            vcpu->longest_wait = spent;
    }
    vcpu->since = now;
}

static void on_runstate(struct schedule *schedule, const struct event *event) {
    const struct trace_record_sched_runstate_change *from = (const void *)event->bytes;
    uint32_t index = find(schedule, from->target_domid, from->target_vcpu);
    struct scheduled *vcpu = &schedule->list[index];

    if (vcpu->ended || from->to >= RUNSTATES)
        return;
    settle(schedule, vcpu, event->time);
    vcpu->state = from->to;
}

static void on_ended(struct schedule *schedule, const struct event *event) {
    uint32_t domain = domains_of(schedule->domains, event->header.domid);

    for (uint32_t i = 1; i < schedule->count; i++) {
        struct scheduled *vcpu = &schedule->list[i];

        if (vcpu->domain != domain)
            continue;
        settle(schedule, vcpu, event->time);
        vcpu->state = TRACE_RUNSTATE_offline;
        vcpu->ended = true;
    }
}

static void on_switch(struct schedule *schedule, const struct event *event) {
    const struct trace_record_sched_switch *from = (const void *)event->bytes;

    schedule->next = find(schedule, from->next_domid, from->next_vcpu);
    schedule->list[schedule->next].switches++;
}

static void on_wake(struct schedule *schedule, const struct event *event) {
    const struct trace_record_sched_wake *from = (const void *)event->bytes;
    uint32_t index = find(schedule, from->target_domid, from->target_vcpu);

    schedule->list[index].wakes++;
}

static void on_domain_start(struct schedule *schedule, const struct event *event) {
    if (!schedule->started)
        schedule->start = event->time;
    schedule->start_due = !schedule->started;
    if (schedule->running == 0)
        schedule->running = schedule->next = find(schedule, event->header.domid, event->header.vcpu);
}

static void on_counters(struct schedule *schedule, const struct event *event) {
    struct counts now = counts_of(event);

    find(schedule, TRACE_NO_DOMAIN, 0); /* there is nobody */
    if (schedule->started) {
        counts_add(&schedule->list[schedule->running].counts, &schedule->counted, &now);
        counts_add(&schedule->total, &schedule->counted, &now);
    }
    schedule->counted = now;
    schedule->started |= schedule->start_due;
    schedule->start_due = false;
    schedule->running = schedule->next;
}

void schedule_event(struct schedule *schedule, const struct event *event) {
    const struct trace_record_hypervisor_start *start = (const void *)event->bytes;

    schedule->last = event->time;
    switch (event->header.id) {
    case TRACE_ID_hypervisor_start:
        schedule->without_states = start->classes && !(start->classes & TRACE_CLASS_sched);
        break;
    case TRACE_ID_domain_start:
        on_domain_start(schedule, event);
        break;
    case TRACE_ID_domain_ended:
        on_ended(schedule, event);
        break;
    case TRACE_ID_sched_switch:
        on_switch(schedule, event);
        break;
    case TRACE_ID_sched_runstate_change:
        on_runstate(schedule, event);
        break;
    case TRACE_ID_sched_wake:
        on_wake(schedule, event);
        break;
    case TRACE_ID_hw_counters:
        on_counters(schedule, event);
        break;
    default:
        break;
    }
}

void schedule_finish(struct schedule *schedule) {
    find(schedule, TRACE_NO_DOMAIN, 0);
    for (uint32_t i = 1; i < schedule->count; i++)
        settle(schedule, &schedule->list[i], schedule->last);
}

void schedule_free(struct schedule *schedule) {
    free(schedule->list);
    map_free(&schedule->index);
    *schedule = (struct schedule){ 0 };
}
