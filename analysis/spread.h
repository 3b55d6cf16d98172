/*
 * spread.h - how numbers of one kind are spread, in memory that does not grow with how many there are.
 *
 * Rules: least, most, sum and count are exact; what lies between is exact below 4,096, above it is told to one part in
 * 128, downwards. A zeroed structure is an empty one.
 * Callers: analysis/entries.c and what prints them.
 */
#ifndef ANALYSIS_SPREAD_H
#define ANALYSIS_SPREAD_H

#include <stdint.h>

struct spread {
    uint64_t count, sum, least, most;
    uint64_t *buckets;   /* how many numbers each has; null before the first number */
};

void spread_add(struct spread *spread, uint64_t number);
/* The number that percent of 100 numbers do not exceed (50: the median, the lower of two); 0 when there is none. */
uint64_t spread_at(const struct spread *spread, unsigned percent);
void spread_free(struct spread *spread);

#endif
