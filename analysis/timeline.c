/*
 * timeline.c - see timeline.h: who runs, in which ring and process, and the states of vcpus.
 */
#include "analysis/timeline.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/options.h"
#include "analysis/samples.h"

const struct timeline_lane_kind timeline_lanes[TIMELINE_LANES] = {
    [LANE_PROCESSOR] = { "processor", SHAPE_SPANS, NULL, false },
    [LANE_MODE] = { "mode", SHAPE_SPANS, NULL, false },
    [LANE_MODE_SWITCH] = { "mode_switch", SHAPE_SPANS, "result", false },
    [LANE_POLICY] = { "policy", SHAPE_SPANS, NULL, false },
    [LANE_SHADOW_FRAMES] = { "shadow_frames", SHAPE_LEVEL, "frames", false },
    [LANE_STATE] = { "state", SHAPE_SPANS, NULL, false },
    [LANE_PROCESS] = { "process", SHAPE_SPANS, "mfn", true },
    [LANE_RING] = { "ring", SHAPE_SPANS, NULL, false },
    [LANE_HYPERCALL] = { "hypercall", SHAPE_SPANS, "result", false },
    [LANE_SUBCALL] = { "subcall", SHAPE_SPANS, "result", false },
    [LANE_FAULT] = { "fault", SHAPE_SPANS, "address", true },
    [LANE_INTERRUPT] = { "interrupt", SHAPE_SPANS, NULL, false },
    [LANE_SHADOW_FAULT] = { "shadow_fault", SHAPE_POINTS, "address", true },
    [LANE_GUEST_FAULT] = { "guest_fault", SHAPE_POINTS, "address", true },
    [LANE_UPCALL] = { "upcall", SHAPE_POINTS, "eip", true },
    [LANE_PRIVOP] = { "privop", SHAPE_POINTS, "eip", true },
    [LANE_FLUSH] = { "flush", SHAPE_POINTS, "operand", true },
    [LANE_PTE_WRITE] = { "pte_write", SHAPE_POINTS, "mfn", true },
    [LANE_PAGE_TABLE] = { "page_table", SHAPE_POINTS, "mfn", true },
    [LANE_SCHED] = { "sched", SHAPE_POINTS, NULL, false },
    [LANE_MARKER] = { "marker", SHAPE_POINTS, "a", true },
    [LANE_TROUBLE] = { "trouble", SHAPE_POINTS, "mfn", true },
};

static _Noreturn void refuse_lane(const char *option, const char *name) {
    char lanes[TIMELINE_LANES * 16] = "";

    for (uint32_t i = 0; i < TIMELINE_LANES; i++)
        snprintf(lanes + strlen(lanes), sizeof(lanes) - strlen(lanes), "%s%s", i ? ", " : "", timeline_lanes[i].name);
    usage_error("%s %s: there is no such lane; there are: %s", option, name, lanes);
}

uint32_t timeline_lanes_named(const char *option, const char *list) {
    uint32_t lanes = 0;

    for (const char *at = list; *at;) {
        size_t length = strcspn(at, ",");
        char name[32];
        uint32_t found = 0;

        snprintf(name, sizeof(name), "%.*s", (int)length, at);
        for (uint32_t i = 0; i < TIMELINE_LANES; i++)
            found |= (uint32_t)in_list(name, timeline_lanes[i].name) << i;
        if (!found)
            refuse_lane(option, name);
        lanes |= found;
        at += length + (at[length] == ',');
    }
    if (!lanes)
        usage_error("%s names no lane", option);
    return lanes;
}

/* ---- items ------------------------------------------------------------------------------------------------------ */

void timeline_put(struct timeline *timeline, const struct timeline_item *item) {
    const struct domain *domain = &timeline->domains.list[item->domain];
    struct timeline_item cut = *item;

    if (timeline->one_domain && (item->domain == NOBODY || domain->domid != timeline->domid))
        return;
    if (!(timeline->lanes >> item->lane & 1))
        return;
    if (item->from >= timeline->until || (item->from < timeline->from && item->to <= timeline->from))
        return;
    cut.from = item->from > timeline->from ? item->from : timeline->from;
    cut.to = item->to < timeline->until ? item->to : timeline->until;
    timeline->item(timeline->state, &cut);
}

void timeline_begin(struct timeline_span *span, uint64_t time, const char *name, int64_t value) {
    span->open = true;
    span->from = time;
    span->value = value;
    span->detail[0] = '\0';
    snprintf(span->name, sizeof(span->name), "%s", name);
}

void timeline_end(struct timeline *timeline, struct timeline_span *span, enum timeline_lane lane, uint32_t domain,
                  uint32_t vcpu, uint64_t time) {
    if (span->open)
        timeline_put(timeline, &(struct timeline_item){ lane, domain, vcpu, span->from, time, span->name,
                                                        span->detail, span->value });
    span->open = false;
}

void timeline_change(struct timeline *timeline, struct timeline_span *span, enum timeline_lane lane, uint32_t domain,
                   uint64_t time, const char *name, int64_t value) {
    timeline_end(timeline, span, lane, domain, 0, time);
    timeline_begin(span, time, name, value);
}

/* ---- vcpus ------------------------------------------------------------------------------------------------------ */

struct timeline_vcpu *timeline_vcpu_of(struct timeline *timeline, uint32_t domid, uint32_t vcpu) {
    uint32_t domain = domains_of(&timeline->domains, domid);
    uint64_t key = (uint64_t)domain << 32 | (domain == NOBODY ? 0 : vcpu);
    const uint32_t *known = map_get(&timeline->vcpu_index, key);

    if (known)
        return &timeline->vcpus[*known];
    timeline->vcpus = grow(timeline->vcpus, timeline->vcpu_count + 1, sizeof(*timeline->vcpus));
    timeline->vcpus[timeline->vcpu_count] = (struct timeline_vcpu){ .domain = domain, .vcpu = (uint32_t)key };
    map_put(&timeline->vcpu_index, key, timeline->vcpu_count);
    return &timeline->vcpus[timeline->vcpu_count++];
}

/* Whose code it is. On the bare machine the kernel is in ring 0. */
static const char *ring_title(const struct timeline *timeline, const struct timeline_vcpu *vcpu) {
    const struct domain *domain = &timeline->domains.list[vcpu->domain];
    bool native = vcpu->domain != NOBODY && domain->mode == TRACE_MODE_native;

    if (timeline->ring == 3)
        return "program";
    return timeline->ring == 0 && !native ? "hypervisor" : "kernel";
}

static void begin_ring(struct timeline *timeline, struct timeline_vcpu *vcpu, uint64_t time) {
    timeline_end(timeline, &vcpu->ring, LANE_RING, vcpu->domain, vcpu->vcpu, time);
    timeline_begin(&vcpu->ring, time, ring_title(timeline, vcpu), 0);
}

/* The process that the running vcpu is on now, by the name that it has now. */
static void renew_process(struct timeline *timeline, uint64_t time) {
    struct timeline_vcpu *vcpu = &timeline->vcpus[timeline->running];
    struct timeline_span *span = &vcpu->process;
    uint32_t domid = timeline->domains.list[vcpu->domain].domid;
    uint32_t index = vcpu->domain == NOBODY ? 0 : processes_current(&timeline->processes, domid, vcpu->vcpu);
    char title[64];

    if (index == 0)
        return;
    uint32_t directory = timeline->processes.list[index].directory;

    process_title(&timeline->processes, index, false, title, sizeof(title));
    if (span->open && span->value == directory && !strcmp(span->name, title))
        return;
    timeline_end(timeline, span, LANE_PROCESS, vcpu->domain, vcpu->vcpu, time);
    timeline_begin(span, time, title, directory);
}

static void run(struct timeline *timeline, uint32_t domid, uint32_t number, uint64_t time) {
    struct timeline_vcpu *left = &timeline->vcpus[timeline->running];
    char title[64] = "nobody";

    timeline_end(timeline, &left->ring, LANE_RING, left->domain, left->vcpu, time);
    timeline_end(timeline, &left->process, LANE_PROCESS, left->domain, left->vcpu, time);
    if (timeline->domains.list[left->domain].ended)
        timeline_entry_end(timeline, left, time);
    struct timeline_vcpu *vcpu = timeline_vcpu_of(timeline, domid, number);

    timeline->running = (uint32_t)(vcpu - timeline->vcpus);
    if (vcpu->domain != NOBODY)
        timeline_owner(timeline, LANE_RING, vcpu->domain, vcpu->vcpu, title, sizeof(title));
    timeline_change(timeline, &timeline->processor, LANE_PROCESSOR, NOBODY, time, title, 0);
    begin_ring(timeline, vcpu, time);
    renew_process(timeline, time);
}

/* The first event: nobody runs yet. */
static void begin_trace(struct timeline *timeline, uint64_t time) {
    timeline->begun = true;
    timeline->first = time;
    timeline_vcpu_of(timeline, TRACE_NO_DOMAIN, 0);
    run(timeline, TRACE_NO_DOMAIN, 0, time);
}

/* ---- who runs --------------------------------------------------------------------------------------------------- */

static void on_runstate(struct timeline *timeline, const struct event *event) {
    const struct trace_record_sched_runstate_change *from = (const void *)event->bytes;
    struct timeline_vcpu *vcpu = timeline_vcpu_of(timeline, from->target_domid, from->target_vcpu);
    char title[48];

    timeline_end(timeline, &vcpu->state, LANE_STATE, vcpu->domain, vcpu->vcpu, event->time);
    if (from->to != TRACE_RUNSTATE_offline)
        timeline_begin(&vcpu->state, event->time,
                       value_title(&trace_enumeration_runstate, from->to, title, sizeof(title)), 0);
}

static void on_domain_start(struct timeline *timeline, const struct event *event) {
    if (!timeline->guest)
        timeline->guest = event->time;
    if (!timeline->switched && timeline->running == 0)
        run(timeline, event->header.domid, event->header.vcpu, event->time);
}

static void on_processor(struct timeline *timeline, const struct event *event) {
    const struct trace_record_hypervisor_start *start = (const void *)event->bytes;
    const struct trace_record_sched_switch *to = (const void *)event->bytes;
    const struct trace_record_hw_ring *ring = (const void *)event->bytes;

    switch (event->header.id) {
    case TRACE_ID_hypervisor_start:
        timeline->classes = start->classes;
        break;
    case TRACE_ID_domain_start:
        on_domain_start(timeline, event);
        break;
    case TRACE_ID_sched_switch:
        timeline->switched = true;
        run(timeline, to->next_domid, to->next_vcpu, event->time);
        break;
    case TRACE_ID_sched_runstate_change:
        on_runstate(timeline, event);
        break;
    case TRACE_ID_hw_ring:
        timeline->ring = ring->to;
        begin_ring(timeline, &timeline->vcpus[timeline->running], event->time);
        break;
    case TRACE_ID_base_pointer:
    case TRACE_ID_marker:
    case TRACE_ID_flush:
        renew_process(timeline, event->time);
        break;
    default:
        break;
    }
}

void timeline_event(struct timeline *timeline, const struct event *event) {
    timeline->processes.domains = &timeline->domains;
    domains_event(&timeline->domains, event);
    processes_event(&timeline->processes, event);
    if (!timeline->begun)
        begin_trace(timeline, event->time);
    timeline_domains_event(timeline, event);
    timeline_entries_event(timeline, event); /* sees the ring and the vcpu before the event */
    on_processor(timeline, event);
    timeline_points_event(timeline, event);
}

void timeline_finish(struct timeline *timeline, uint64_t time) {
    timeline_domains_finish(timeline, time);
    for (uint32_t i = 0; i < timeline->vcpu_count; i++) {
        struct timeline_vcpu *vcpu = &timeline->vcpus[i];

        timeline_entry_end(timeline, vcpu, time);
        timeline_end(timeline, &vcpu->state, LANE_STATE, vcpu->domain, vcpu->vcpu, time);
        timeline_end(timeline, &vcpu->process, LANE_PROCESS, vcpu->domain, vcpu->vcpu, time);
        timeline_end(timeline, &vcpu->ring, LANE_RING, vcpu->domain, vcpu->vcpu, time);
    }
    timeline_end(timeline, &timeline->processor, LANE_PROCESSOR, NOBODY, 0, time);
}

const char *timeline_owner(const struct timeline *timeline, enum timeline_lane lane, uint32_t domain, uint32_t vcpu,
                           char *text, size_t size) {
    char title[32];

    domain_title(&timeline->domains, domain, title, sizeof(title));
    if (domain == NOBODY)
        snprintf(text, size, "machine");
    else if (lane < LANE_STATE)
        snprintf(text, size, "domain %s", title);
    else
        snprintf(text, size, "domain %s vcpu %u", title, vcpu);
    return text;
}

void timeline_free(struct timeline *timeline) {
    free(timeline->vcpus);
    map_free(&timeline->vcpu_index);
    free(timeline->of_domain);
    processes_free(&timeline->processes);
    domains_free(&timeline->domains);
}
