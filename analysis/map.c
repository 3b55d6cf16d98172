/*
 * map.c - the hash table of map.h.
 */
#include "analysis/map.h"

#include <stdio.h>
#include <stdlib.h>

void *grow(void *memory, size_t count, size_t size) {
    void *grown = reallocarray(memory, count ? count : 1, size);

    if (!grown) {
        fprintf(stderr, "out of memory: %zu elements of %zu bytes\n", count, size);
        exit(3);
    }
    return grown;
}

/* The slot that holds key, or the free one where it belongs. The table must not be full. */
static struct map_slot *slot_of(const struct map *map, uint64_t key) {
    uint64_t hash = key * 0x9e3779b97f4a7c15u;
    size_t at = (size_t)(hash >> 20) & (map->size - 1);

    while (map->slots[at].used && map->slots[at].key != key)
        at = (at + 1) & (map->size - 1);
    return &map->slots[at];
}

uint32_t *map_get(const struct map *map, uint64_t key) {
    if (map->size == 0)
        return NULL;
    struct map_slot *slot = slot_of(map, key);

    return slot->used ? &slot->value : NULL;
}

static void enlarge(struct map *map) {
    struct map larger = { .size = map->size ? 2 * map->size : 64, .used = map->used };

    larger.slots = grow(NULL, larger.size, sizeof(*larger.slots));
    for (size_t i = 0; i < larger.size; i++)
        larger.slots[i] = (struct map_slot){ .used = false };
    for (size_t i = 0; i < map->size; i++) {
        if (map->slots[i].used)
            *slot_of(&larger, map->slots[i].key) = map->slots[i];
    }
    free(map->slots);
    *map = larger;
}

void map_put(struct map *map, uint64_t key, uint32_t value) {
    if (2 * (map->used + 1) > map->size)
        enlarge(map);
    struct map_slot *slot = slot_of(map, key);

    if (!slot->used)
        map->used++;
    *slot = (struct map_slot){ .key = key, .value = value, .used = true };
}

void map_free(struct map *map) {
    free(map->slots);
    *map = (struct map){ 0 };
}
