/*
 * oracle.h - the root rule, checked on the trace: CR3 never names a frame that a domain owns, unless it is a validated
 * page directory at that moment, and it holds what the hypervisor said.
 *
 * Checked here, independently of the agent:
 *   - a mov to CR3 names no frame that domain_frames records give to a domain, but for those that table_type records
 *     call an l2 since (in direct and writable mode; a frame that is given back loses its type). The last record about
 *     a frame counts, whoever was current when it was made: a domain that is being built is not;
 *   - after a base_pointer record the next mov to CR3 loads that record's root (a base pointer switch that is answered
 *     without a load must name the root that is loaded already), and it does so before the processor leaves ring 0.
 * Counted: hw_violation (the agent's finding), audit_violation (the hypervisor's own), and how many checks each made.
 * Callers: analysis/tools/summary.c.
 */
#ifndef ANALYSIS_ORACLE_H
#define ANALYSIS_ORACLE_H

#include <stdio.h>

#include "analysis/event.h"
#include "analysis/map.h"

struct violation {
    const char *what;   /* null: none */
    uint64_t time;
    uint32_t mfn;       /* the frame it is about */
    uint32_t detail;    /* eip, or the frame that was expected, or the number of the rule */
};

struct oracle {
    struct map owned;           /* mfn / 32 -> one bit a frame */
    struct map directories;     /* the same of the frames that are validated page directories */
    bool typed;                 /* some frame was called a table: the domain is not, or not always, in shadow mode */
    bool expecting;             /* a base_pointer record waits for its load */
    uint32_t expected_root;
    uint32_t loaded_root;       /* frame in CR3, when a load has been seen */
    bool loaded;

    uint64_t root_checks;       /* loads of CR3 looked at here */
    uint64_t root_violations;
    uint64_t hardware_checks;   /* frames that the agent looked up */
    uint64_t hardware_violations;
    uint64_t audits, audit_checks, audit_violations;
    struct violation first;
};

/* Take notice of an event. */
void oracle_event(struct oracle *oracle, const struct event *event);
/* All violations, whoever found them. */
uint64_t oracle_violations(const struct oracle *oracle);
/* Tell people about the first violation, if there is one. */
void print_violation(FILE *to, const struct oracle *oracle);
void oracle_free(struct oracle *oracle);

#endif
