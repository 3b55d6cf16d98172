/*
 * timeline_print.h - a stored timeline for people (a summary, a listing) and as JSON.
 *
 * Callers: analysis/tools/timeline.c.
 */
#ifndef ANALYSIS_TIMELINE_PRINT_H
#define ANALYSIS_TIMELINE_PRINT_H

#include <stdio.h>

#include "analysis/timeline_store.h"

struct timeline_view {
    const struct timeline *timeline;
    const struct store *store;   /* finished */
    uint64_t from, until;        /* what the lanes tell of */
    uint32_t top;                /* names of a lane in the summary */
};

/* For each lane its names, with their numbers. */
void print_timeline_summary(FILE *to, const struct timeline_view *view);
/* Every item that was kept, in the order of time; lanes that have none are said. */
void print_timeline_list(FILE *to, const struct timeline_view *view);
/* Described in docs/timeline.md. */
void print_timeline_json(FILE *to, const struct timeline_view *view);

/* The name of the next class of records, from *at on, that the run did not record and that lanes depend on; or null. */
const char *timeline_missing(const struct timeline *timeline, uint32_t *at);

#endif
