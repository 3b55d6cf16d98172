/*
 * flushes.h - the hypervisor's flush records matched one by one with the TLB-control instructions that the processor
 * executed.
 *
 * Rules:
 *   - A record with means other than none promises that the next TLB-control instruction has that means and that
 *     operand; the instruction comes before the hypervisor's next record. A record with means none promises nothing.
 *   - An instruction without a record, a record without its instruction, and a pair that differs are *unexplained*; the
 *     first is kept.
 *   - A record still open where a trace was cut off is not unexplained.
 *   - A pair with scope nothing dropped no entry: it is reconciled and counted apart.
 *   - A trace whose hypervisor_start says that class flush was off has no records: nothing is matched and nothing is
 *     unexplained.
 *   - Flushes count from the guest's first instruction (domain_start) on; those before are kept apart.
 * Callers: analysis/tools/.
 */
#ifndef ANALYSIS_FLUSHES_H
#define ANALYSIS_FLUSHES_H

#include <stdio.h>

#include "analysis/event.h"
#include "analysis/processes.h"
#include "analysis/tally.h"

#define GROUPINGS_MAX 3

/* The hypervisor's side of a pair. */
struct flush_record {
    uint64_t time;
    uint32_t domid, vcpu;
    uint32_t cause, label, means, scope, value, pages;
};

/* The processor's side. */
struct tlb_control {
    uint64_t time;
    uint32_t means, value, eip;
    uint64_t walks;
};

struct offence {
    const char *what;              /* null: none */
    bool has_record, has_control;
    struct flush_record record;
    struct tlb_control control;
};

/* One phase of the run. */
struct flush_phase {
    struct tallies total;                     /* one group */
    struct tallies groups[GROUPINGS_MAX];     /* as asked for */
    uint64_t first_time, last_time;           /* instructions */
    uint64_t walks_before;                    /* page walks before the phase's first flush */
    uint64_t walks;                           /* all page walks of the phase */
};

struct flushes {
    struct processes *processes;              /* the caller's; fed with each event before flushes_event */
    unsigned groupings[GROUPINGS_MAX];        /* sets of enum dimension; 0: unused */
    struct flush_phase boot, run;
    bool running;                             /* domain_start has been seen */
    bool without_records;                     /* class flush was off: nothing can be counted but page walks */

    bool promised;                            /* a record waits for its instruction */
    struct flush_record record;
    bool open;                                /* a flush whose refill is still being counted */
    struct flush refill;
    uint64_t refill_walks;                    /* walks when it happened */
    uint64_t last_flush;                      /* time of the last flush, or of the phase's beginning */
    uint64_t phase_walks;                     /* walks when the phase began */
    uint64_t walks;                           /* as last seen */
    bool counters_due;                        /* the hw_counters of domain_start come next */
    bool ended;

    uint64_t reconciled;                      /* pairs that agree */
    uint64_t unchanged;                       /* of them, with scope nothing */
    uint64_t unexplained;
    struct offence first;
};

/* Take notice of an event. */
void flushes_event(struct flushes *flushes, const struct event *event);
/* No more events. */
void flushes_finish(struct flushes *flushes);
/* Tell people about the first unexplained flush, if there is one. */
void print_offence(FILE *to, const struct flushes *flushes);
void flushes_free(struct flushes *flushes);

#endif
