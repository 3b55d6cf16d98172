/*
 * measure.c - see measure.h.
 */
#include "analysis/measure.h"

#include <stdlib.h>

#include "analysis/text.h"

/* The start of measurement number of domid, made when there is none. */
static struct measurement *start_of(struct measures *measures, uint32_t domid, uint32_t number) {
    uint64_t key = (uint64_t)domid << 32 | number;
    const uint32_t *known = map_get(&measures->begun, key);

    if (known)
        return &measures->starts[*known];
    measures->starts = grow(measures->starts, measures->start_count + 1, sizeof(*measures->starts));
    measures->starts[measures->start_count] = (struct measurement){ .domid = domid, .number = number };
    map_put(&measures->begun, key, measures->start_count);
    return &measures->starts[measures->start_count++];
}

static void on_marker(struct measures *measures, const struct event *event) {
    const struct trace_record_marker *marker = (const void *)event->bytes;

    measures->waiting = NULL;
    if (marker->kind != TRACE_MARKER_measure_begin && marker->kind != TRACE_MARKER_measure_end)
        return;
    measures->waiting = start_of(measures, event->header.domid, marker->a);
    measures->ending = marker->kind == TRACE_MARKER_measure_end;
    if (marker->b)
        measures->waiting->operations = marker->b;
    if (!measures->ending || marker->text[0])
        take_text(measures->waiting->name, sizeof(measures->waiting->name), marker->text, sizeof(marker->text));
}

/* The counters that follow a measurement's marker. time is 0 in a start that is not under way. */
static void on_counters(struct measures *measures, const struct event *event) {
    struct measurement *start = measures->waiting;
    struct counts now = counts_of(event);

    measures->waiting = NULL;
    if (!measures->ending) {
        start->counts = now;
        start->time = event->time;
        return;
    }
    if (start->time == 0)
        return;
    measures->list = grow(measures->list, measures->count + 1, sizeof(*measures->list));
    measures->list[measures->count] = *start;
    measures->list[measures->count].counts = counts_between(&start->counts, &now);
    measures->list[measures->count++].time = event->time;
    *start = (struct measurement){ .domid = start->domid, .number = start->number };
}

void measures_event(struct measures *measures, const struct event *event) {
    if (event->header.id == TRACE_ID_marker)
        on_marker(measures, event);
    else if (event->header.id == TRACE_ID_hw_counters && measures->waiting)
        on_counters(measures, event);
}

void measures_free(struct measures *measures) {
    free(measures->starts);
    free(measures->list);
    map_free(&measures->begun);
    *measures = (struct measures){ 0 };
}
