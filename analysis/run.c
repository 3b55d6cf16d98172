/*
 * run.c - see run.h.
 */
#include "analysis/run.h"

static void on_counters(struct run *run, const struct event *event) {
    run->last = counts_of(event);
    if (run->start_due) {
        run->start = run->last;
        run->started = true;
        run->start_due = false;
    }
}

/* A panic is final; otherwise the last word counts, and the agent's is the last. */
static void set_outcome(struct run *run, uint32_t outcome) {
    if (run->has_outcome && run->outcome == TRACE_OUTCOME_panic)
        return;
    run->has_outcome = true;
    run->outcome = outcome;
}

/* Of several domains the gravest: outcomes of domains have numbers in this order. */
static void add_outcome(struct run *run, uint32_t outcome) {
    if (!run->has_outcome || outcome > run->outcome)
        set_outcome(run, outcome);
}

void run_event(struct run *run, const struct event *event) {
    const struct trace_record_domain_ended *ended = (const void *)event->bytes;
    const struct trace_record_hw_end *end = (const void *)event->bytes;
    const struct trace_record_counter *shadow = (const void *)event->bytes;
    const struct trace_record_mmu_counter *mmu = (const void *)event->bytes;

    switch (event->header.id) {
    case TRACE_ID_domain_start:
        run->start_due = !run->started;
        break;
    case TRACE_ID_hw_counters:
        on_counters(run, event);
        break;
    case TRACE_ID_counter:
        counters_put(&run->shadow, domains_of(run->domains, event->header.domid), shadow->which, shadow->value);
        break;
    case TRACE_ID_mmu_counter:
        counters_put(&run->mmu, domains_of(run->domains, event->header.domid), mmu->which, mmu->value);
        break;
    case TRACE_ID_domain_ended:
        add_outcome(run, ended->outcome);
        break;
    case TRACE_ID_panic:
        set_outcome(run, TRACE_OUTCOME_panic);
        break;
    case TRACE_ID_hw_end:
        set_outcome(run, end->outcome);
        run->ended = true;
        break;
    default:
        break;
    }
}

void run_free(struct run *run) {
    counters_free(&run->shadow);
    counters_free(&run->mmu);
    *run = (struct run){ 0 };
}
