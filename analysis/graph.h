/*
 * graph.h - libbabeltrace2's processing graph for one or more CTF traces.
 *
 * Callers: analysis/reader.c.
 */
#ifndef ANALYSIS_GRAPH_H
#define ANALYSIS_GRAPH_H

#include "analysis/decode.h"
#include "analysis/reader.h"

struct graph_run {
    event_handler *handle;
    void *state;
    uint64_t until;                /* later events are dropped */
    struct reader_report *report;  /* events, foreign, unknown, discarded, last_time, ended, error, unknown_name are updated */
    struct decoder decoder;
};

/*
 * Open the folders and hand every event to run->handle, merged by time. Returns true when the traces were read to their end; false leaves
 * the cause in report->error, events before it have been handed over.
 */
bool graph_read(char *const *folders, uint32_t count, struct graph_run *run);

#endif
