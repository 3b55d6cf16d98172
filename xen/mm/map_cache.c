/*
 * map_cache.c - the rare half of map_cache.h.
 */
#include "xen/mm/map_cache.h"

#include "trace/emit.h"
#include "xen/lib/panic.h"
#include "xen/mm/frame.h"
#include "xen/mm/tlb.h"

/* The entry of a window onto frame. */
#define WINDOW(frame) (((frame) << PAGE_SHIFT) | PTE_P | PTE_W | PTE_A | PTE_D | PTE_G)

uint32_t map_cache_frame[LAYOUT_MAP_CACHE_SLOTS];
uint8_t map_cache_used[LAYOUT_MAP_CACHE_SLOTS];

void *map_cache_miss(uint32_t frame) {
    ASSERT(frame < frame_limit);
    uint32_t slot = frame % LAYOUT_MAP_CACHE_SLOTS;
    /* The preferred slot, or the next one that nobody uses now (nests are shallow, so this is short). */
    for (uint32_t tries = 0; map_cache_used[slot] && map_cache_frame[slot] != frame; tries++) {
        ASSERT(tries < LAYOUT_MAP_CACHE_SLOTS);
        slot = (slot + 1) % LAYOUT_MAP_CACHE_SLOTS;
    }
    uint32_t linear = LAYOUT_MAP_CACHE + (slot << PAGE_SHIFT);
    uint32_t old = map_cache_frame[slot];
    if (old != frame) {
        map_cache_frame[slot] = frame;
        map_cache_l1[slot] = WINDOW(frame);
        if (old) {
            tlb_flush_page(linear, 1, TRACE_CAUSE_map_cache);
        }
    }
    ASSERT(map_cache_used[slot] < UINT8_MAX);
    map_cache_used[slot]++;
    return (void *)linear;
}
