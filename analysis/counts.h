/*
 * counts.h - what hw_counters records count: totals since the entry of the hypervisor, and differences of them.
 *
 * Callers: analysis/run.c, domains.c, measure.c, summary.c.
 */
#ifndef ANALYSIS_COUNTS_H
#define ANALYSIS_COUNTS_H

#include "analysis/event.h"

struct counts {
    uint64_t instructions, ring0, ring1, ring2, ring3, walks;
};

/* Take the totals out of a hw_counters event. */
struct counts counts_of(const struct event *event);
/* What was counted between two points. */
struct counts counts_between(const struct counts *from, const struct counts *to);
/* Add to a sum what was counted between two points. */
void counts_add(struct counts *sum, const struct counts *from, const struct counts *to);

#endif
