/*
 * summary.c - see summary.h. One function an object of the file.
 */
#include "analysis/summary.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/json.h"

const char *const fact_names[FACT_COUNT] = {
    [FACT_guest] = "guest",
    [FACT_workload] = "workload",
    [FACT_mode] = "mode",
    [FACT_policy] = "policy",
    [FACT_geometry] = "geometry",
    [FACT_memory_mib] = "memory_mib",
    [FACT_trace] = "trace",
    [FACT_image_sha256] = "image_sha256",
    [FACT_outcome] = "outcome",
};

/* A number of the status file, or null. */
static void put_status(struct json *json, const char *key, const struct summary *summary, const char *path) {
    const struct json_entry *entry = summary->status ? json_find(summary->status, path) : NULL;

    if (entry && entry->is_number)
        json_number(json, key, entry->number);
    else
        json_null(json, key);
}

static void put_run(struct json *json, const struct summary *summary) {
    json_begin(json, "run", '{');
    for (unsigned fact = 0; fact < FACT_outcome; fact++) {
        const char *value = summary->facts[fact];

        if (fact == FACT_memory_mib && value)
            json_number(json, fact_names[fact], strtoull(value, NULL, 10));
        else
            json_text(json, fact_names[fact], value);
    }
    json_end(json, '}');
}

static void put_outcome(struct json *json, const struct summary *summary) {
    const struct json_entry *entry = summary->status ? json_find(summary->status, "outcome") : NULL;
    const char *outcome = summary->facts[FACT_outcome];

    if (!outcome && summary->has_trace && summary->run->has_outcome)
        outcome = trace_value_name(&trace_enumeration_outcome, summary->run->outcome);
    if (!outcome && entry && entry->is_text)
        outcome = entry->text;
    json_text(json, "outcome", outcome);
}

static void put_instructions(struct json *json, const struct summary *summary) {
    json_begin(json, "instructions", '{');
    if (summary->has_trace && summary->run->started) {
        struct counts counts = counts_between(&summary->run->start, &summary->run->last);

        json_number(json, "total", counts.instructions);
        json_number(json, "ring0", counts.ring0);
        json_number(json, "ring1", counts.ring1);
        json_number(json, "ring3", counts.ring3);
    } else {
        put_status(json, "total", summary, "instructions.total");
        put_status(json, "ring0", summary, "instructions.ring0");
        put_status(json, "ring1", summary, "instructions.ring1");
        put_status(json, "ring3", summary, "instructions.ring3");
    }
    json_end(json, '}');
}

/* Flushes by cause or by means; groups without a flush are left out. */
static void put_groups(struct json *json, const char *key, const struct tallies *tallies, enum dimension dimension) {
    char text[64];

    json_begin(json, key, '{');
    for (uint32_t i = 0; tallies && i < tallies->count; i++) {
        if (tallies->list[i].flushes)
            json_number(json, tally_title(&tallies->list[i], dimension, NULL, text, sizeof(text)),
                        tallies->list[i].flushes);
    }
    json_end(json, '}');
}

static void put_tlb(struct json *json, const struct summary *summary) {
    static const struct tally none;
    const struct flushes *flushes = summary->has_trace && !summary->flushes->without_records ? summary->flushes : NULL;

    json_begin(json, "tlb", '{');
    if (flushes) {
        const struct tally *total = flushes->run.total.count ? &flushes->run.total.list[0] : &none;

        json_number(json, "flushes", total->flushes);
        put_groups(json, "by_cause", &flushes->run.groups[0], BY_CAUSE);
        put_groups(json, "by_means", &flushes->run.groups[1], BY_MEANS);
        json_number(json, "elided", total->elided);
    } else {
        json_null(json, "flushes");
        put_groups(json, "by_cause", NULL, BY_CAUSE);
        put_groups(json, "by_means", NULL, BY_MEANS);
        json_null(json, "elided");
    }
    if (summary->has_trace && summary->run->started)
        json_number(json, "walks", counts_between(&summary->run->start, &summary->run->last).walks);
    else
        put_status(json, "walks", summary, "walks");
    if (flushes)
        json_number(json, "unexplained", flushes->unexplained);
    else
        json_null(json, "unexplained");
    json_end(json, '}');
}

/* The counters of one enumeration; null those that no domain has written. */
static void put_counters(struct json *json, const char *key, const struct summary *summary,
                         const struct counters *counters, const struct trace_enumeration *names) {
    uint64_t value;

    json_begin(json, key, '{');
    for (uint32_t i = 0; i < names->count; i++) {
        if (summary->has_trace && counters_sum(counters, names->values[i].value, &value))
            json_number(json, names->values[i].name, value);
        else
            json_null(json, names->values[i].name);
    }
    json_end(json, '}');
}

static void put_switch(struct json *json, const struct switch_kind *kind) {
    char text[80];

    json_begin(json, switch_title(kind, text, sizeof(text)), '{');
    json_number(json, "count", kind->instructions.count);
    json_number(json, "instructions", kind->instructions.sum);
    json_number(json, "least", samples_at(&kind->instructions, 0));
    json_number(json, "most", samples_at(&kind->instructions, 100));
    json_number(json, "walks", kind->walks.sum);
    json_end(json, '}');
}

/* Switches of the paging mode; kinds of which none took place are left out. */
static void put_switches(struct json *json, const struct summary *summary) {
    json_begin(json, "switches", '{');
    if (summary->has_trace) {
        json_number(json, "count", switches_done(summary->switches));
        json_number(json, "refused", switches_refused(summary->switches));
    } else {
        json_null(json, "count");
        json_null(json, "refused");
    }
    json_begin(json, "by_kind", '{');
    for (uint32_t i = 0; summary->has_trace && i < summary->switches->count; i++) {
        if (summary->switches->kinds[i].instructions.count)
            put_switch(json, &summary->switches->kinds[i]);
    }
    json_end(json, '}');
    json_end(json, '}');
}

static void put_oracle(struct json *json, const struct summary *summary) {
    json_begin(json, "oracle", '{');
    if (summary->has_trace) {
        json_number(json, "checks", summary->oracle->hardware_checks);
        json_number(json, "violations", oracle_violations(summary->oracle));
        json_number(json, "root_checks", summary->oracle->root_checks);
        json_number(json, "audits", summary->oracle->audits);
        json_number(json, "audit_checks", summary->oracle->audit_checks);
    } else {
        put_status(json, "checks", summary, "oracle.checks");
        put_status(json, "violations", summary, "oracle.violations");
        json_null(json, "root_checks");
        json_null(json, "audits");
        json_null(json, "audit_checks");
    }
    put_status(json, "unchecked", summary, "oracle.unchecked");
    json_end(json, '}');
}

static void put_trace(struct json *json, const struct summary *summary) {
    json_begin(json, "trace", '{');
    if (summary->has_trace) {
        json_number(json, "events", summary->report->events);
        json_number(json, "lost",
                    summary->report->lost + summary->report->discarded + summary->report->discarded_packets);
        json_number(json, "bytes", summary->report->bytes);
        json_flag(json, "complete", summary->report->complete);
    } else {
        json_null(json, "events");
        put_status(json, "lost", summary, "lost");
        json_null(json, "bytes");
        json_null(json, "complete");
    }
    json_end(json, '}');
}

void print_summary(FILE *to, const struct summary *summary) {
    struct json json = { .to = to };

    json_begin(&json, NULL, '{');
    json_number(&json, "format", SUMMARY_FORMAT);
    put_run(&json, summary);
    put_outcome(&json, summary);
    put_instructions(&json, summary);
    put_tlb(&json, summary);
    put_counters(&json, "shadow", summary, &summary->run->shadow, &trace_enumeration_counter);
    put_counters(&json, "mmu", summary, &summary->run->mmu, &trace_enumeration_mmu_counter);
    put_switches(&json, summary);
    put_domains(&json, summary);
    put_oracle(&json, summary);
    put_trace(&json, summary);
    json_end(&json, '}');
}
