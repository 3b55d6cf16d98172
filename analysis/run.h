/*
 * run.h - the run as a whole: how it ended, and what the processor had counted at its beginning and end.
 *
 * Rules: the guest's time begins at the first domain_start and ends with the trace's last hw_counters record.
 * Callers: analysis/tools/summary.c, analysis/tools/measure.c.
 */
#ifndef ANALYSIS_RUN_H
#define ANALYSIS_RUN_H

#include "analysis/counters.h"
#include "analysis/counts.h"
#include "analysis/domains.h"

struct run {
    struct domains *domains;      /* the caller's; fed with each event before run_event */
    bool started;                 /* domain_start and its counters have been seen */
    bool start_due;
    struct counts start, last;    /* totals since the entry of the hypervisor */
    bool has_outcome;
    uint32_t outcome;             /* enum outcome */
    bool ended;                   /* hw_end has been seen */
    struct counters shadow;       /* by enum counter */
    struct counters mmu;          /* by enum mmu_counter */
};

/* Take notice of an event. */
void run_event(struct run *run, const struct event *event);
void run_free(struct run *run);

#endif
