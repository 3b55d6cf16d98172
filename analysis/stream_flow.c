/*
 * stream_flow.c - see stream_flow.h.
 */
#include "analysis/stream_flow.h"

#include <string.h>

void flow_begin(struct stream_flow *flow, struct stream_dictionary *dictionary, const uint8_t *bytes, size_t length) {
    flow->at = bytes;
    flow->end = bytes + length;
    flow->dictionary = dictionary;
    flow->hits = 0;
    flow->in_token = flow->damaged = false;
    flow->gap = 0;
    flow->history = flow->last = 0;
    memset(flow->guesses, 0, sizeof(flow->guesses));
    for (uint32_t i = 0; i < dictionary->symbol_count; i++)
        dictionary->symbols[i].second = 0;
}

static const struct stream_symbol *fail(struct stream_flow *flow) {
    flow->damaged = true;
    return NULL;
}

static bool get(struct stream_flow *flow, uint64_t *number) {
    flow->at = flow->at ? stream_get_number(flow->at, flow->end, number) : NULL;
    return flow->at;
}

/* Behind a gap the guesses begin anew, but for what has been learnt. False: it makes no sense. */
static bool get_gap(struct stream_flow *flow) {
    uint64_t ring;

    flow->history = flow->last = 0;
    if (!get(flow, &flow->gap) || !get(flow, &ring) || flow->gap == 0)
        return false;
    flow->gap_ring = ring & 3;
    return true;
}

/* What came instead of a guess; 0: nothing did, or a gap. */
static bool get_other(struct stream_flow *flow, uint32_t *number) {
    struct stream_symbol *last = &flow->dictionary->symbols[flow->last];
    uint64_t token;

    if (!get(flow, &token))
        return false;
    *number = 0;
    if (token == TOKEN_NONE)
        return true;
    if (token == TOKEN_GAP)
        return get_gap(flow);
    if (token - TOKEN_SYMBOL >= flow->dictionary->symbol_count && token != TOKEN_SECOND)
        return false;
    *number = token == TOKEN_SECOND ? last->second : (uint32_t)(token - TOKEN_SYMBOL);
    last->second = *number;
    flow->guesses[stream_guess_index(flow->history)] = *number;
    return *number != 0;
}

const struct stream_symbol *flow_next(struct stream_flow *flow) {
    const struct stream_symbol *symbol;
    uint32_t number = 0;

    while (__builtin_expect(flow->hits == 0, 0)) {
        if (flow->in_token) {
            flow->in_token = false;
            if (!get_other(flow, &number))
                return fail(flow);
            if (number)
                goto found;
        }
        if (flow->gap)
            return NULL;
        if (flow->at == flow->end)
            return NULL;
        if (!get(flow, &flow->hits))
            return fail(flow);
        flow->in_token = true;
    }
    flow->hits--;
    number = flow->guesses[stream_guess_index(flow->history)];
found:
    symbol = &flow->dictionary->symbols[number];
    if (__builtin_expect(symbol->kind == SYMBOL_UNKNOWN, 0))
        return fail(flow);
    flow->history = stream_history(flow->history, number);
    flow->last = number;
    return symbol;
}
