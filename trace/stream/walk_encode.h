/*
 * walk_encode.h - page walks into the content of packets; the format is in walk_model.h.
 *
 * Callers: trace/agent/stream_walks.c; tests/unit/stream/walks.c.
 */
#ifndef TRACE_STREAM_WALK_ENCODE_H
#define TRACE_STREAM_WALK_ENCODE_H

#include <stdbool.h>
#include <stdint.h>

#include "trace/stream/columns.h"
#include "trace/stream/walk_model.h"

#define WALK_CONTENT_BYTES (384u << 10) /* at most, of one packet */
#define WALK_SLACK 128u                 /* more walks than one instruction and what interrupts it make */

struct walk_encoder {
    struct walk_model model;
    struct column columns[WALK_COLUMNS];
    uint64_t count;
    uint32_t right; /* walks since the last token, all predicted right */
    bool full;      /* the packet should be ended soon: there is room for WALK_SLACK more */
    uint8_t bytes[WALK_CONTENT_BYTES];
};

/* Begin a packet of walks from instruction `time` on. */
void walk_begin(struct walk_encoder *encoder, uint64_t time);
/* One walk, not before those put earlier. False: there is no room for it; before it comes to that, full is set. */
bool walk_put(struct walk_encoder *encoder, const struct walk *walk);
/* The packet's content, at most WALK_CONTENT_BYTES; returns its length. Only walk_begin may follow. */
uint32_t walk_end(struct walk_encoder *encoder, uint8_t *content);

#endif
