/*
 * decode.h - from libbabeltrace2's events to struct event, by the generated description of each record.
 *
 * Rules: fields are found by name, once an event class; what the trace has and the schema has not is skipped.
 * Callers: analysis/graph.c; analysis/layouts.c and quick.c, which find the fields without libbabeltrace2.
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

/* Whose event this is, by its name of so many bytes; *what is its description, null unless it is ours and known. */
enum decode_result decode_description(const char *name, size_t bytes, const struct trace_description **what);
/*
 * Where the field called name goes in struct event, and whether it is text there rather than a number. False: the
 * schema has no such field.
 */
bool decode_place(const struct trace_description *what, const char *name, uint32_t *offset, uint32_t *bytes,
                  bool *is_text);
/* A number of so many bytes (2, 4 or 8). */
void decode_store(unsigned char *to, uint32_t bytes, uint64_t value);
/* Empty *event, and say what it is of and when. */
void decode_begin(const struct trace_description *what, uint64_t time, struct event *event);

/* Decode the event of message into *event. Anything but DECODE_OK leaves *event undefined. */
enum decode_result decode(struct decoder *decoder, const bt_message *message, struct event *event);
/* Free what the decoder holds. */
void decoder_free(struct decoder *decoder);

#endif
