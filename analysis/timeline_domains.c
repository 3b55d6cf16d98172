/*
 * timeline_domains.c - the lanes of domains: mode, policy, shadow frames; and what the end of a domain ends.
 *
 * Callers: analysis/timeline.c.
 */
#include "analysis/timeline.h"

#include <stdio.h>

#include "analysis/samples.h"

static struct timeline_domain *domain_at(struct timeline *timeline, uint32_t index) {
    while (timeline->domain_count <= index) {
        timeline->of_domain = grow(timeline->of_domain, timeline->domain_count + 1, sizeof(*timeline->of_domain));
        timeline->of_domain[timeline->domain_count++] = (struct timeline_domain){ .mode.open = false };
    }
    return &timeline->of_domain[index];
}

static void on_mode_switch_begin(struct timeline *timeline, uint32_t domain, const struct event *event) {
    const struct trace_record_mode_switch_begin *from = (const void *)event->bytes;
    char left[32], right[32], title[72];

    snprintf(title, sizeof(title), "%s->%s", value_title(&trace_enumeration_mode, from->from, left, sizeof(left)),
             value_title(&trace_enumeration_mode, from->to, right, sizeof(right)));
    timeline_begin(&domain_at(timeline, domain)->mode_switch, event->time, title, 0);
}

static void on_mode_switch(struct timeline *timeline, uint32_t domain, const struct event *event) {
    const struct trace_record_mode_switch *from = (const void *)event->bytes;
    struct timeline_domain *of = domain_at(timeline, domain);
    char title[48];

    of->mode_switch.value = from->result;
    if (from->result)
        value_title(&trace_enumeration_refusal, from->reason, of->mode_switch.detail, TIMELINE_NAME);
    else
        timeline_change(timeline, &of->mode, LANE_MODE, domain, event->time,
                        value_title(&trace_enumeration_mode, from->to, title, sizeof(title)), 0);
    if (!from->result && from->to != TRACE_MODE_shadow)
        timeline_end(timeline, &of->policy, LANE_POLICY, domain, 0, event->time);
    timeline_end(timeline, &of->mode_switch, LANE_MODE_SWITCH, domain, 0, event->time);
}

static void on_domain_ended(struct timeline *timeline, uint32_t domain, uint64_t time) {
    struct timeline_domain *of = domain_at(timeline, domain);

    timeline_end(timeline, &of->mode, LANE_MODE, domain, 0, time);
    timeline_end(timeline, &of->policy, LANE_POLICY, domain, 0, time);
    for (uint32_t i = 0; i < timeline->vcpu_count; i++) {
        struct timeline_vcpu *vcpu = &timeline->vcpus[i];

        if (vcpu->domain != domain || domain == NOBODY)
            continue;
        timeline_end(timeline, &vcpu->state, LANE_STATE, domain, vcpu->vcpu, time);
        if (i != timeline->running) /* that one may be told more of yet */
            timeline_entry_end(timeline, vcpu, time);
    }
}

/* One shadow page more (1) or less (-1). */
static void count_frames(struct timeline *timeline, uint32_t domain, int change_by, uint64_t time) {
    struct timeline_span *span = &domain_at(timeline, domain)->shadow_frames;
    int64_t frames = (span->open ? span->value : 0) + change_by;

    timeline_change(timeline, span, LANE_SHADOW_FRAMES, domain, time, "", frames > 0 ? frames : 0);
}

void timeline_domains_event(struct timeline *timeline, const struct event *event) {
    const struct trace_record_domain_built *built = (const void *)event->bytes;
    const struct trace_record_shadow_policy *policy = (const void *)event->bytes;
    uint32_t domain = domains_of(&timeline->domains, event->header.domid);
    char title[48];

    switch (event->header.id) {
    case TRACE_ID_domain_built:
        timeline_change(timeline, &domain_at(timeline, domain)->mode, LANE_MODE, domain, event->time,
                        value_title(&trace_enumeration_mode, built->mode, title, sizeof(title)), 0);
        break;
    case TRACE_ID_domain_ended:
        on_domain_ended(timeline, domain, event->time);
        break;
    case TRACE_ID_mode_switch_begin:
        on_mode_switch_begin(timeline, domain, event);
        break;
    case TRACE_ID_mode_switch:
        on_mode_switch(timeline, domain, event);
        break;
    case TRACE_ID_shadow_policy:
        timeline_change(timeline, &domain_at(timeline, domain)->policy, LANE_POLICY, domain, event->time,
                        value_title(&trace_enumeration_shadow_policy, policy->policy, title, sizeof(title)), 0);
        break;
    case TRACE_ID_shadow_make:
        count_frames(timeline, domain, 1, event->time);
        break;
    case TRACE_ID_shadow_free:
        count_frames(timeline, domain, -1, event->time);
        break;
    default:
        break;
    }
}

void timeline_domains_finish(struct timeline *timeline, uint64_t time) {
    for (uint32_t i = 0; i < timeline->domain_count; i++) {
        struct timeline_domain *of = &timeline->of_domain[i];

        timeline_end(timeline, &of->mode, LANE_MODE, i, 0, time);
        timeline_end(timeline, &of->mode_switch, LANE_MODE_SWITCH, i, 0, time);
        timeline_end(timeline, &of->policy, LANE_POLICY, i, 0, time);
        timeline_end(timeline, &of->shadow_frames, LANE_SHADOW_FRAMES, i, 0, time);
    }
}
