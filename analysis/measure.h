/*
 * measure.h - what a guest's marked measurements cost: the processor's counters between a measure_begin marker and the
 * measure_end marker of the same number.
 *
 * Rules: a measurement that was begun and not ended is not reported; one begun again starts anew. Each pair is one
 * measurement, in the order in which they ended. The marker hypercalls themselves are inside: one leaves, the other
 * enters.
 * Callers: analysis/tools/measure.c.
 */
#ifndef ANALYSIS_MEASURE_H
#define ANALYSIS_MEASURE_H

#include "analysis/counts.h"
#include "analysis/map.h"

struct measurement {
    uint32_t domid;
    uint32_t number;
    uint32_t operations;   /* as the measure_end marker says, or, if it says 0, the measure_begin marker */
    char name[20];
    uint64_t time;         /* of the end */
    struct counts counts;
};

struct measures {
    struct map begun;            /* domid, number -> index in starts */
    struct measurement *starts;  /* counts: totals at the beginning */
    uint32_t start_count;
    struct measurement *list;    /* finished */
    uint32_t count;
    struct measurement *waiting; /* whose marker's hw_counters come next: one of starts, or null */
    bool ending;                 /* it is the marker of the end */
};

/* Take notice of an event. */
void measures_event(struct measures *measures, const struct event *event);
void measures_free(struct measures *measures);

#endif
