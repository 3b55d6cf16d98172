/*
 * samples.h - numbers of one kind, of which people want the sum, the least, the middle and the most; and such numbers
 * in groups by the value of an enumeration.
 *
 * Rules: zeroed structures are empty ones. samples_at needs samples_finish (groups_finish) before it, and nothing added
 * since.
 * Callers: analysis/tally.c, switches.c, tables.c, and what prints them.
 */
#ifndef ANALYSIS_SAMPLES_H
#define ANALYSIS_SAMPLES_H

#include <stddef.h>
#include <stdint.h>

#include "trace/records.h"

struct samples {
    uint64_t *list;
    size_t count, room;
    uint64_t sum;
};

struct group {
    uint32_t value;            /* of an enumeration, or one that this version does not know */
    struct samples samples;
};

struct groups {
    struct group *list;
    uint32_t count;
};

/* Take one more number. */
void samples_add(struct samples *samples, uint64_t number);
/* Sort. */
void samples_finish(struct samples *samples);
/* The smallest (0), middle (50, the lower of two), largest (100) number; 0 when there is none. Once finished. */
uint64_t samples_at(const struct samples *samples, unsigned percent);
void samples_free(struct samples *samples);

/* Take one more number in the group of value, made when there is none. */
void groups_add(struct groups *groups, uint32_t value, uint64_t number);
/* How many numbers the group of value has; 0 when there is no such group. */
uint64_t groups_count(const struct groups *groups, uint32_t value);
/* How many numbers there are in all groups. */
uint64_t groups_total(const struct groups *groups);
/* Sort: groups by value, and the numbers of each. */
void groups_finish(struct groups *groups);
void groups_free(struct groups *groups);

/* The name of an enumeration's value, or "refusal 99" for one that this version does not know, in text. */
const char *value_title(const struct trace_enumeration *names, uint32_t value, char *text, size_t size);

#endif
