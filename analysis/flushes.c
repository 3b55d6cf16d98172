/*
 * flushes.c - see flushes.h. One processor: with several, the state from `promised` to `ended` becomes one a processor.
 */
#include "analysis/flushes.h"

#include <inttypes.h>

static struct flush_phase *phase_of(struct flushes *flushes) {
    return flushes->running ? &flushes->run : &flushes->boot;
}

static void count(struct flushes *flushes, const struct flush *flush) {
    struct flush_phase *phase = phase_of(flushes);

    tallies_add(&phase->total, flush);
    for (unsigned i = 0; i < GROUPINGS_MAX; i++) {
        phase->groups[i].dimensions = flushes->groupings[i];
        if (flushes->groupings[i])
            tallies_add(&phase->groups[i], flush);
    }
}

/* The flush whose refill was being counted is over: the page walks since belong to it. */
static void close_refill(struct flushes *flushes) {
    if (flushes->open) {
        flushes->refill.walks = flushes->walks - flushes->refill_walks;
        count(flushes, &flushes->refill);
    } else {
        phase_of(flushes)->walks_before = flushes->walks - flushes->phase_walks;
    }
    flushes->open = false;
}

static void unexplained(struct flushes *flushes, const char *what, const struct flush_record *record,
                        const struct tlb_control *control) {
    if (flushes->unexplained++)
        return;
    flushes->first = (struct offence){ .what = what, .has_record = record, .has_control = control };
    if (record)
        flushes->first.record = *record;
    if (control)
        flushes->first.control = *control;
}

/* The guest says that a flush of its own follows. */
static void on_marker(struct flushes *flushes, const struct event *event) {
    const struct trace_record_marker *marker = (const void *)event->bytes;
    struct flush_phase *phase = phase_of(flushes);
    struct flush call = { .cause = LABEL_CAUSE + (marker->a < LABEL_CAUSE ? marker->a : LABEL_CAUSE - 1),
                          .domain = domains_of(flushes->processes->domains, event->header.domid) };

    if (marker->kind != TRACE_MARKER_flush)
        return;
    call.process = processes_current(flushes->processes, event->header.domid, event->header.vcpu);
    tallies_add_call(&phase->total, &call);
    for (unsigned i = 0; i < GROUPINGS_MAX; i++) {
        phase->groups[i].dimensions = flushes->groupings[i];
        if (flushes->groupings[i])
            tallies_add_call(&phase->groups[i], &call);
    }
}

static struct flush flush_of(struct flushes *flushes, const struct flush_record *record) {
    return (struct flush){
        .cause = record->label == TRACE_LABEL_none ? record->cause : LABEL_CAUSE + record->label,
        .means = record->means,
        .domain = domains_of(flushes->processes->domains, record->domid),
        .process = processes_current(flushes->processes, record->domid, record->vcpu),
        .pages = record->pages,
    };
}

static void on_record(struct flushes *flushes, const struct event *event) {
    const struct trace_record_flush *from = (const void *)event->bytes;

    flushes->record = (struct flush_record){
        .time = event->time,
        .domid = event->header.domid,
        .vcpu = event->header.vcpu,
        .cause = from->cause,
        .label = from->label,
        .means = from->means,
        .scope = from->scope,
        .value = from->value,
        .pages = from->pages,
    };
    if (from->means != TRACE_MEANS_none) {
        flushes->promised = true;
        return;
    }
    struct flush elided = flush_of(flushes, &flushes->record);

    count(flushes, &elided);
}

/* The pair agrees. */
static void on_pair(struct flushes *flushes, const struct flush_record *record, uint64_t time) {
    flushes->reconciled++;
    if (record->scope == TRACE_SCOPE_nothing) {
        flushes->unchanged++;
        return;
    }
    close_refill(flushes);
    flushes->refill = flush_of(flushes, record);
    flushes->refill.since = time - flushes->last_flush;
    flushes->refill_walks = flushes->walks;
    flushes->last_flush = time;
    flushes->open = true;
}

static void on_control(struct flushes *flushes, const struct event *event) {
    const struct trace_record_hw_tlb_control *from = (const void *)event->bytes;
    struct tlb_control control = {
        .time = event->time, .means = from->means, .value = from->value, .eip = from->eip, .walks = from->walks,
    };
    const struct flush_record *record = &flushes->record;

    flushes->walks = from->walks;
    if (flushes->without_records)
        return;
    if (!flushes->promised)
        unexplained(flushes, "the processor executed a TLB-control instruction that no record announced", NULL,
                    &control);
    else if (record->means != control.means)
        unexplained(flushes, "the processor executed another TLB-control instruction than its record announced", record,
                    &control);
    else if (record->value != control.value)
        unexplained(flushes, "the operand is not the one that the record announced", record, &control);
    else
        on_pair(flushes, record, event->time);
    flushes->promised = false;
}

static void begin_run(struct flushes *flushes, uint64_t time) {
    close_refill(flushes);
    flushes->boot.walks = flushes->walks - flushes->phase_walks;
    flushes->running = true;
    flushes->run.first_time = time;
    flushes->last_flush = time;
    flushes->phase_walks = flushes->walks;
}

static void on_start(struct flushes *flushes, const struct event *event) {
    const struct trace_record_hypervisor_start *start = (const void *)event->bytes;

    flushes->boot.first_time = flushes->last_flush = event->time;
    flushes->without_records = start->classes && !(start->classes & TRACE_CLASS_flush); /* 0: the trace does not say */
}

void flushes_event(struct flushes *flushes, const struct event *event) {
    const struct trace_record_hw_counters *counters = (const void *)event->bytes;

    phase_of(flushes)->last_time = event->time;
    if (flushes->promised && !event->what->is_hardware) {
        unexplained(flushes, "no TLB-control instruction followed the record that announced one", &flushes->record,
                    NULL);
        flushes->promised = false;
    }
    switch (event->header.id) {
    case TRACE_ID_hypervisor_start:
        on_start(flushes, event);
        break;
    case TRACE_ID_flush:
        on_record(flushes, event);
        break;
    case TRACE_ID_marker:
        on_marker(flushes, event);
        break;
    case TRACE_ID_hw_tlb_control:
        on_control(flushes, event);
        break;
    case TRACE_ID_domain_start:
        flushes->counters_due = !flushes->running;
        break;
    case TRACE_ID_hw_counters:
        flushes->walks = counters->walks;
        if (flushes->counters_due)
            begin_run(flushes, event->time);
        flushes->counters_due = false;
        break;
    case TRACE_ID_hw_end:
        flushes->ended = true;
        break;
    default:
        break;
    }
}

void flushes_finish(struct flushes *flushes) {
    if (flushes->promised && flushes->ended)
        unexplained(flushes, "no TLB-control instruction followed the record that announced one", &flushes->record,
                    NULL);
    close_refill(flushes);
    phase_of(flushes)->walks = flushes->walks - flushes->phase_walks;
    tallies_finish(&flushes->boot.total);
    tallies_finish(&flushes->run.total);
    for (unsigned i = 0; i < GROUPINGS_MAX; i++) {
        tallies_finish(&flushes->boot.groups[i]);
        tallies_finish(&flushes->run.groups[i]);
    }
}

static void print_record(FILE *to, const struct flush_record *record) {
    char cause[32], means[32];
    const char *label = trace_value_name(&trace_enumeration_label, record->label);

    fprintf(to, "  the hypervisor's record, instruction %" PRIu64 ", domain %u: cause %s, label %s, %s %#010x\n",
            record->time, record->domid, cause_title(record->cause, cause, sizeof(cause)), label ? label : "?",
            means_title(record->means, means, sizeof(means)), record->value);
}

void print_offence(FILE *to, const struct flushes *flushes) {
    const struct offence *first = &flushes->first;
    char means[32];

    if (!first->what)
        return;
    fprintf(to, "unexplained flush, the first of %" PRIu64 ": at instruction %" PRIu64 ", %s\n", flushes->unexplained,
            first->has_control ? first->control.time : first->record.time, first->what);
    if (first->has_record)
        print_record(to, &first->record);
    else
        fprintf(to, "  the hypervisor's record: none\n");
    if (first->has_control)
        fprintf(to, "  the processor, instruction %" PRIu64 ", eip %#010x: %s %#010x\n", first->control.time,
                first->control.eip, means_title(first->control.means, means, sizeof(means)), first->control.value);
    else
        fprintf(to, "  the processor: nothing before the hypervisor's next record\n");
}

static void phase_free(struct flush_phase *phase) {
    tallies_free(&phase->total);
    for (unsigned i = 0; i < GROUPINGS_MAX; i++)
        tallies_free(&phase->groups[i]);
}

void flushes_free(struct flushes *flushes) {
    phase_free(&flushes->boot);
    phase_free(&flushes->run);
}
