/*
 * graph.h - libbabeltrace2's processing graph for one CTF trace.
 *
 * Callers: analysis/reader.c; analysis/quick.c for graph_take.
 */
#ifndef ANALYSIS_GRAPH_H
#define ANALYSIS_GRAPH_H

#include "analysis/decode.h"
#include "analysis/reader.h"

struct graph_run {
    event_handler *handle;
    void *state;
    uint64_t until;                /* later events are dropped */
    uint64_t wanted;               /* reading ends before the first event that is not before this time */
    struct reader_report *report;  /* all but bytes and complete are updated */
    struct decoder decoder;
};

/*
 * Open the trace in folder and hand every event to run->handle, its streams merged by time. Returns true when it was
 * read to its end, or as far as wanted (report->stopped); false leaves the cause in report->error, events before it
 * have been handed over.
 */
bool graph_read(const char *folder, struct graph_run *run);

/* Hand over an event, unless it is not wanted or result says that there is none; the report is updated. */
void graph_take(struct graph_run *run, enum decode_result result, const struct event *event);

#endif
