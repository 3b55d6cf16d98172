/*
 * stream_flow.h - the symbols of one packet, in order: the guesses of the writer (trace/agent/stream.c), made again.
 *
 * Callers: analysis/stream.c.
 */
#ifndef ANALYSIS_STREAM_FLOW_H
#define ANALYSIS_STREAM_FLOW_H

#include "analysis/stream_dictionary.h"
#include "trace/stream_format.h"

struct stream_flow {
    const uint8_t *at, *end;
    struct stream_dictionary *dictionary;
    uint64_t hits;    /* guesses that are right, from here on */
    bool in_token;    /* a number of guesses was read, what came after them not yet */
    bool damaged;     /* the bytes make no sense, or a symbol is not known */
    uint64_t gap;     /* nothing was recorded for so many instructions; 0: symbols come */
    uint32_t gap_ring; /* of the first one that was recorded again */
    uint32_t history, last;
    uint32_t guesses[1u << GUESS_BITS];
};

/* Begin a packet whose flow is bytes. */
void flow_begin(struct stream_flow *flow, struct stream_dictionary *dictionary, const uint8_t *bytes, size_t length);
/*
 * The next symbol, of a known kind; null at the end, where the flow is damaged, and in a gap, until this has been set
 * to 0.
 */
const struct stream_symbol *flow_next(struct stream_flow *flow);

#endif
