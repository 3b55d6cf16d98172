/*
 * event.h - one decoded event of a trace.
 *
 * Rules: an event is valid only while its handler runs. Its fields lie where the generated structures of
 * trace/records.h put them, header first, for hypervisor and hardware records alike; a field that the trace does not
 * have (older schema) is 0 or empty.
 * Callers: every analyzer.
 */
#ifndef ANALYSIS_EVENT_H
#define ANALYSIS_EVENT_H

#include <stdint.h>

#include "trace/records.h"

#define EVENT_BYTES_MAX 160

struct event {
    uint64_t time;                         /* instructions the machine had executed since it was switched on */
    const struct trace_description *what;  /* never null */
    union {
        struct trace_header header;        /* id; domid and vcpu are TRACE_NO_DOMAIN and 0 for hardware records */
        unsigned char bytes[EVENT_BYTES_MAX];
        uint64_t aligned;
    };
};

/* The analyzers' common shape: called for each event in time order. */
typedef void event_handler(void *state, const struct event *event);

#endif
