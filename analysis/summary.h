/*
 * summary.h - summary.json: one run in numbers, by the keys of docs/summary.md.
 *
 * Rules: a key is never renamed or removed, new ones may be added; what is not known is null. The format's number
 * changes only when the meaning of a key does.
 * Callers: analysis/tools/summary.c; summary.c prints it, summary_domains.c the domains.
 */
#ifndef ANALYSIS_SUMMARY_H
#define ANALYSIS_SUMMARY_H

#include <stdio.h>

#include "analysis/domains.h"
#include "analysis/flushes.h"
#include "analysis/json_read.h"
#include "analysis/oracle.h"
#include "analysis/reader.h"
#include "analysis/run.h"
#include "analysis/switches.h"

#define SUMMARY_FORMAT 1

/* What the runner knows and the trace does not; texts as given, null when not. */
enum fact {
    FACT_guest, FACT_workload, FACT_mode, FACT_policy, FACT_geometry, FACT_memory_mib, FACT_trace, FACT_image_sha256,
    FACT_outcome, FACT_COUNT
};
extern const char *const fact_names[FACT_COUNT];

struct summary {
    const char *facts[FACT_COUNT];
    const struct json_file *status;      /* the agent's status file, or null */
    /* from the trace; has_trace false: the status file stands in */
    bool has_trace;
    const struct reader_report *report;
    const struct flushes *flushes;       /* grouping 0: by cause; 1: by means; 2: by domain */
    const struct oracle *oracle;
    const struct run *run;
    const struct switches *switches;
    const struct domains *domains;
};

struct json;

/* The members domains and idle; summary_domains.c. */
void put_domains(struct json *json, const struct summary *summary);

void print_summary(FILE *to, const struct summary *summary);

#endif
