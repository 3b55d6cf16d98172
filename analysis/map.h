/*
 * map.h - a hash table from 64-bit keys to 32-bit values, open addressing, growing.
 *
 * Rules: a zeroed struct map is an empty one. Nothing is ever removed. Memory that runs out ends the program with a
 * message.
 * Callers: analysis/.
 */
#ifndef ANALYSIS_MAP_H
#define ANALYSIS_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct map_slot {
    uint64_t key;
    uint32_t value;
    bool used;
};

struct map {
    struct map_slot *slots;
    size_t size;   /* a power of two, or 0 */
    size_t used;
};

/* The value under key, or null. Valid until the next map_put. */
uint32_t *map_get(const struct map *map, uint64_t key);
/* Put value under key, replacing what was there. */
void map_put(struct map *map, uint64_t key, uint32_t value);
/* Free the table; the map is empty again. */
void map_free(struct map *map);

/* Like realloc for count elements of size bytes, but ends the program with a message when there is no memory. */
void *grow(void *memory, size_t count, size_t size);

#endif
