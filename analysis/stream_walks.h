/*
 * stream_walks.h - the page walks of one packet of the instruction stream, in order; the format is in
 * trace/stream/walk_model.h.
 *
 * Rules: whatever the bytes are, nothing is read or written past them; wrong ones end the walks early, and are noticed.
 * Callers: stream.c; tests/unit/stream.
 */
#ifndef ANALYSIS_STREAM_WALKS_H
#define ANALYSIS_STREAM_WALKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trace/stream/columns.h"
#include "trace/stream/walk_model.h"

struct stream_walks {
    struct walk_model model;
    struct column_in columns[WALK_COLUMNS];
    uint64_t left;  /* walks not yet taken */
    uint64_t right; /* predicted right before the next token */
    uint32_t wrong; /* what the token says; 0: none was read */
    bool broken;    /* the bytes were no walks from some point on */
};

/* Begin with the content of a packet whose first instruction is `time`. False, and broken: this is no content. */
bool stream_walks_open(struct stream_walks *walks, const uint8_t *content, size_t bytes, uint64_t time);
/* The next walk. False: there is none, or what is there is broken. */
bool stream_walks_take(struct stream_walks *walks, struct walk *walk);

#endif
