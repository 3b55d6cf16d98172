/*
 * decode.h - from libbabeltrace2's events to struct event, by the generated description of each record.
 *
 * Rules: fields are found by name, once an event class; what the trace has and the schema has not is skipped.
 * Callers: analysis/graph.c.
 */
#ifndef ANALYSIS_DECODE_H
#define ANALYSIS_DECODE_H

#include <babeltrace2/babeltrace.h>
#include <stdbool.h>

#include "analysis/event.h"
#include "analysis/map.h"

enum decode_result {
    DECODE_OK,
    DECODE_FOREIGN,   /* another provider's event */
    DECODE_UNKNOWN,   /* ours by its provider, but not in this schema, or with fields of other types */
};

struct decode_plan;

struct decoder {
    struct map plan_of_class;        /* event class's address -> index */
    struct decode_plan **plans;
    uint32_t plan_count;
    char first_unknown[64];          /* name of the first unknown record, or empty */
};

/* Decode the event of message into *event. Anything but DECODE_OK leaves *event undefined. */
enum decode_result decode(struct decoder *decoder, const bt_message *message, struct event *event);
/* Free what the decoder holds. */
void decoder_free(struct decoder *decoder);

#endif
