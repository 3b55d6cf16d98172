/*
 * layouts.h - where the fields of each event lie in a packet, from the metadata of a trace that LTTng-UST wrote.
 *
 * Rules: only what LTTng-UST 2.13 writes for fields of a fixed size is understood: integers, enumerations and arrays of
 * bytes, all packed and little endian. A trace with anything else in it has no layouts.
 * Callers: analysis/quick.c. Source: Common Trace Format 1.8.3, section 7; LTTng-UST 2.13's metadata.
 */
#ifndef ANALYSIS_LAYOUTS_H
#define ANALYSIS_LAYOUTS_H

#include <stdbool.h>
#include <stdint.h>

#include "analysis/decode.h"

#define LAYOUT_STEPS_MAX 16

/* A field that is wanted: from the event's payload into struct event. */
struct layout_step {
    uint32_t from, from_bytes;
    uint32_t to, to_bytes;
    bool is_signed, is_text;
};

struct layout {
    enum decode_result result;   /* of every event of this kind */
    const struct trace_description *what;
    const char *name;            /* of the event; not terminated */
    uint32_t name_bytes;
    bool readable;               /* the size of the payload is known */
    uint32_t bytes;              /* of the payload */
    uint32_t count;
    struct layout_step steps[LAYOUT_STEPS_MAX];
};

struct layouts {
    char *metadata;              /* its text */
    struct layout *list;
    uint32_t count;
    struct map by_number;        /* number of the stream's kind << 32 | that of the event -> index */
    struct map large_headers;    /* number of the stream's kind -> 1: its events have large headers, 0: compact ones */
};

/* Read the metadata in folder. False: it is not understood. layouts_free in either case. */
bool layouts_read(const char *folder, struct layouts *layouts);
void layouts_free(struct layouts *layouts);

#endif
