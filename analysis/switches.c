/*
 * switches.c - see switches.h. One processor: with several, a switch and a refill under way become one a processor.
 */
#include "analysis/switches.h"

#include <stdio.h>
#include <stdlib.h>

#include "analysis/map.h"

/* Index of the kind, made when there is none: the list may move. */
static uint32_t kind_of(struct switches *switches, uint32_t from, uint32_t to) {
    for (uint32_t i = 0; i < switches->count; i++) {
        if (switches->kinds[i].from == from && switches->kinds[i].to == to)
            return i;
    }
    switches->kinds = grow(switches->kinds, switches->count + 1, sizeof(*switches->kinds));
    switches->kinds[switches->count] = (struct switch_kind){ .from = from, .to = to };
    return switches->count++;
}

static void close_refill(struct switches *switches) {
    if (switches->filling)
        samples_add(&switches->kinds[switches->filled].walks, switches->walks - switches->fill_begin);
    switches->filling = false;
}

static void on_begin(struct switches *switches, const struct event *event) {
    switches->stage = SWITCH_BEGINS;
    switches->domid = event->header.domid;
}

static void on_end(struct switches *switches, const struct event *event) {
    bool begun = switches->stage == SWITCH_UNDER_WAY && switches->domid == event->header.domid;

    switches->end = *(const struct trace_record_mode_switch *)(const void *)event->bytes;
    switches->stage = begun ? SWITCH_ENDS : SWITCH_NONE;
}

/* The switch is over: count it, as what it was. */
static void count(struct switches *switches, uint64_t instructions) {
    uint32_t index = kind_of(switches, switches->end.from, switches->end.to);

    if (switches->end.result != 0) {
        samples_add(&switches->kinds[index].refused, instructions);
        groups_add(&switches->reasons, switches->end.reason, instructions);
        return;
    }
    samples_add(&switches->kinds[index].instructions, instructions);
    close_refill(switches);
    switches->filling = true;
    switches->filled = index;
    switches->fill_begin = switches->walks;
}

static void on_counters(struct switches *switches, const struct event *event) {
    const struct trace_record_hw_counters *counters = (const void *)event->bytes;

    switches->walks = counters->walks;
    if (switches->stage == SWITCH_BEGINS) {
        switches->begin = counters->instructions;
        switches->stage = SWITCH_UNDER_WAY;
    } else if (switches->stage == SWITCH_ENDS) {
        count(switches, counters->instructions - switches->begin);
        switches->stage = SWITCH_NONE;
    }
}

static void on_control(struct switches *switches, const struct event *event) {
    const struct trace_record_hw_tlb_control *control = (const void *)event->bytes;

    switches->walks = control->walks;
    if (!switches->drops_nothing)
        close_refill(switches);
    switches->drops_nothing = false;
}

void switches_event(struct switches *switches, const struct event *event) {
    const struct trace_record_flush *flush = (const void *)event->bytes;

    switch (event->header.id) {
    case TRACE_ID_mode_switch_begin:
        on_begin(switches, event);
        break;
    case TRACE_ID_mode_switch:
        on_end(switches, event);
        break;
    case TRACE_ID_hw_counters:
        on_counters(switches, event);
        break;
    case TRACE_ID_flush:
        switches->drops_nothing = flush->means != TRACE_MEANS_none && flush->scope == TRACE_SCOPE_nothing;
        break;
    case TRACE_ID_hw_tlb_control:
        on_control(switches, event);
        break;
    default:
        break;
    }
}

static int compare_kinds(const void *a, const void *b) {
    const struct switch_kind *left = a, *right = b;

    if (left->from != right->from)
        return left->from < right->from ? -1 : 1;
    return (left->to > right->to) - (left->to < right->to);
}

void switches_finish(struct switches *switches) {
    close_refill(switches);
    for (uint32_t i = 0; i < switches->count; i++) {
        samples_finish(&switches->kinds[i].instructions);
        samples_finish(&switches->kinds[i].walks);
        samples_finish(&switches->kinds[i].refused);
    }
    if (switches->count)
        qsort(switches->kinds, switches->count, sizeof(*switches->kinds), compare_kinds);
    groups_finish(&switches->reasons);
}

uint64_t switches_done(const struct switches *switches) {
    uint64_t done = 0;

    for (uint32_t i = 0; i < switches->count; i++)
        done += switches->kinds[i].instructions.count;
    return done;
}

uint64_t switches_refused(const struct switches *switches) {
    return groups_total(&switches->reasons);
}

const char *switch_title(const struct switch_kind *kind, char *text, size_t size) {
    char from[32], to[32];

    snprintf(text, size, "%s->%s", value_title(&trace_enumeration_mode, kind->from, from, sizeof(from)),
             value_title(&trace_enumeration_mode, kind->to, to, sizeof(to)));
    return text;
}

void switches_free(struct switches *switches) {
    for (uint32_t i = 0; i < switches->count; i++) {
        samples_free(&switches->kinds[i].instructions);
        samples_free(&switches->kinds[i].walks);
        samples_free(&switches->kinds[i].refused);
    }
    free(switches->kinds);
    groups_free(&switches->reasons);
    *switches = (struct switches){ 0 };
}
