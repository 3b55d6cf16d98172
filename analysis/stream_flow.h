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
    uint32_t history, last;
    uint32_t guesses[1u << GUESS_BITS];
};

/* Begin a packet whose flow is bytes. */
void flow_begin(struct stream_flow *flow, struct stream_dictionary *dictionary, const uint8_t *bytes, size_t length);
/* The next symbol, of a known kind; null at the end, and where the flow is damaged. */
const struct stream_symbol *flow_next(struct stream_flow *flow);

#endif
