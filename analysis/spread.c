/*
 * spread.c - see spread.h. A bucket for each number below EXACT, then PARTS buckets for each power of two.
 */
#include "analysis/spread.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/map.h"

#define EXACT_BITS 12
#define EXACT (1u << EXACT_BITS)
#define PART_BITS 7
#define PARTS (1u << PART_BITS)
#define BUCKETS (EXACT + (64 - EXACT_BITS) * PARTS)

static uint32_t bucket_of(uint64_t number) {
    if (number < EXACT)
        return (uint32_t)number;
    uint32_t top = 63 - (uint32_t)__builtin_clzll(number);

    return EXACT + (top - EXACT_BITS) * PARTS + (uint32_t)(number >> (top - PART_BITS) & (PARTS - 1));
}

static uint64_t least_of(uint32_t bucket) {
    if (bucket < EXACT)
        return bucket;
    uint32_t top = EXACT_BITS + (bucket - EXACT) / PARTS;

    return (uint64_t)(PARTS + (bucket - EXACT) % PARTS) << (top - PART_BITS);
}

void spread_add(struct spread *spread, uint64_t number) {
    if (!spread->buckets) {
        spread->buckets = grow(NULL, BUCKETS, sizeof(*spread->buckets));
        memset(spread->buckets, 0, BUCKETS * sizeof(*spread->buckets));
    }
    spread->least = spread->count && spread->least < number ? spread->least : number;
    spread->most = spread->most > number ? spread->most : number;
    spread->sum += number;
    spread->count++;
    spread->buckets[bucket_of(number)]++;
}

uint64_t spread_at(const struct spread *spread, unsigned percent) {
    uint64_t wanted = (spread->count * percent + 99) / 100, seen = 0;

    if (spread->count == 0)
        return 0;
    if (percent >= 100)
        return spread->most;
    for (uint32_t i = 0; i < BUCKETS; i++) {
        seen += spread->buckets[i];
        if (seen >= wanted && seen)
            return least_of(i) > spread->least ? least_of(i) : spread->least;
    }
    return spread->most;
}

void spread_free(struct spread *spread) {
    free(spread->buckets);
    *spread = (struct spread){ 0 };
}
