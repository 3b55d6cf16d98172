/*
 * schedule.h - who had the processor: the time of each vcpu by state, what was executed for it, how long it had to
 * wait.
 *
 * Rules:
 *   - Time is the trace's clock, instructions; it stands still while the processor halts. It counts from domain_start
 *     on, and to the last event.
 *   - A vcpu is in the state that the last sched_runstate_change said, offline before the first and from domain_ended
 *     on. It is told from those of a later domain with the same number.
 *   - Instructions are those from one sched_switch to the next, by the counters taken with them, the hypervisor's own
 *     too; nobody's are those in between. All together are the run's.
 *   - Without the record class sched the states are not known; instructions and switches are.
 * Callers: analysis/tools/schedule.c.
 */
#ifndef ANALYSIS_SCHEDULE_H
#define ANALYSIS_SCHEDULE_H

#include <stdio.h>

#include "analysis/domains.h"

#define RUNSTATES (TRACE_RUNSTATE_offline + 1)

struct scheduled {
    uint32_t domain;           /* index in domains; NOBODY: the processor had no vcpu to run */
    uint32_t vcpu;
    struct counts counts;      /* while it was the running one */
    uint64_t switches;         /* to it */
    uint64_t wakes;
    uint32_t state;            /* enum runstate */
    uint64_t since;
    uint64_t time[RUNSTATES];
    uint64_t longest_wait;     /* runnable without a break */
    bool ended;
};

struct schedule {
    struct domains *domains;   /* the caller's; fed with each event before schedule_event */
    struct scheduled *list;    /* the first is nobody */
    uint32_t count;
    struct map index;          /* domain, vcpu -> index */
    uint32_t running, next;    /* next: from the counters on that follow */
    bool started, start_due;
    bool without_states;       /* the record class was off */
    uint64_t start, last;      /* time */
    struct counts counted, total;
};

/* Take notice of an event. */
void schedule_event(struct schedule *schedule, const struct event *event);
/* No more events. */
void schedule_finish(struct schedule *schedule);
void schedule_free(struct schedule *schedule);

void print_schedule_table(FILE *to, const struct schedule *schedule);
void print_schedule_csv(FILE *to, const struct schedule *schedule);
void print_schedule_json(FILE *to, const struct schedule *schedule);

#endif
