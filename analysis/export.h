/*
 * export.h - a trace written in other programs' formats, event by event, as it is read.
 *
 * Rules: nothing is written before the first event, and what was begun is finished, so that the result can always be
 * read as far as the trace goes. Memory does not grow with the trace.
 * Callers: analysis/tools/export.c.
 */
#ifndef ANALYSIS_EXPORT_H
#define ANALYSIS_EXPORT_H

#include <stdio.h>

#include "analysis/timeline.h"

/*
 * The Trace Event Format of Chrome's tracing and of Perfetto, as JSON: each lane of the timeline is a thread, each
 * domain a process, the machine process 0. Source: Google's document "Trace Event Format".
 */
struct export_chrome {
    FILE *to;
    struct timeline timeline;    /* from, until, lanes and so on are the caller's */
    bool begun;
    struct map named;            /* processes and threads that have been given their names */
};

void export_chrome_event(void *chrome, const struct event *event);
/* No more events before `time`. */
void export_chrome_finish(struct export_chrome *chrome, uint64_t time);

/*
 * Xen's own binary trace, as xentrace writes it and xenalyze reads it: records struct t_rec of <xen/trace.h>, of one
 * processor, with an instruction as a cycle. Which records: docs/exports.md.
 */
struct export_xen {
    FILE *to;
    uint64_t from;               /* the caller's: where the window begins */

    bool begun;                  /* in the window */
    bool refused;                /* the trace has no records of class sched: nothing can be written */
    uint64_t records;            /* written */
    uint64_t numbers;            /* hypercalls left out because xenalyze does not know their number */
    uint64_t elsewhere;          /* left out because they are of a vcpu that does not run */

    /* for export_xen.c alone */
    struct export_vcpu *vcpus;   /* the first is the idle one */
    uint32_t vcpu_count;
    struct map vcpu_index;       /* domid, vcpu -> index */
    uint32_t running;            /* index in vcpus; UINT32_MAX: between two */
    uint64_t last;               /* time of the last event */
    uint32_t *words;             /* records that are not written yet, */
    uint32_t word_count;         /* they are words of 32 bits */
};

void export_xen_event(void *xen, const struct event *event);
void export_xen_finish(struct export_xen *xen);

#endif
