/*
 * reader.h - a trace directory as a sequence of events in time order.
 *
 * Rules: the analyzers see a prefix of the run without holes in it, as long as nothing was discarded; what ended it is
 * in the report. A trace that could be read only in part is still handed to the analyzers as far as it goes.
 * Callers: analysis/tools/. Source: libbabeltrace2 2.0.
 */
#ifndef ANALYSIS_READER_H
#define ANALYSIS_READER_H

#include <stdbool.h>
#include <stdint.h>

#include "analysis/event.h"

/* The exit status of every tool here; the first that holds. */
enum reader_status {
    STATUS_FINE = 0,
    STATUS_OFFENCE = 1,      /* an unexplained flush or a violation */
    STATUS_USAGE = 2,
    STATUS_NOTHING = 3,      /* nothing could be read: the trace is missing, empty, foreign or broken */
    STATUS_INCOMPLETE = 4,   /* cut off, damaged or with lost events; the part that could be read was used */
};

struct reader_report {
    uint64_t events;         /* handed to the analyzers */
    uint64_t foreign;        /* of other providers, skipped */
    uint64_t unknown;        /* records of a newer schema, skipped */
    uint64_t lost;           /* records given up by the hypervisor, or missed by the agent */
    uint64_t discarded;      /* events that the tracer says it lost */
    uint64_t discarded_packets;
    uint64_t last_time;      /* of the last event handed over, in instructions */
    uint64_t bytes;          /* of all files under the directory */
    bool ended;              /* the last event is hw_end, as in every finished run */
    bool stopped;            /* there are later events, which nobody wanted; a handler that has enough sets it */
    bool complete;           /* ended or stopped, and nothing up to there was lost or damaged */
    char error[1200];        /* why nothing, or no more, could be read; empty when nothing was wrong */
    char unknown_name[64];   /* the first unknown record */
};

/*
 * Read the trace under path and call handle(state, event) for each event. Fills *report. Returns STATUS_FINE,
 * STATUS_INCOMPLETE, or STATUS_NOTHING (handle has not been called then).
 */
enum reader_status read_trace(const char *path, event_handler *handle, void *state, struct reader_report *report);
/* The same of the events before time until; those behind are not looked at. */
enum reader_status read_trace_until(const char *path, uint64_t until, event_handler *handle, void *state,
                                    struct reader_report *report);

/* Tell people on stderr what was wrong with the trace under path, if anything. */
void print_report(const char *path, const struct reader_report *report);

#endif
