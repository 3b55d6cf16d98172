/*
 * map_cache.h - one-page windows onto any machine frame.
 *
 * Frames under the direct map need no window. Any other frame has one preferred slot, by its number; a window stays
 * after it is unmapped, so the next use of the same frame finds it. Only when another frame wants the slot is it
 * remapped, with one invlpg (cause map_cache).
 *
 * Rules: windows nest; no more than LAYOUT_MAP_CACHE_SLOTS may be in use at once. A window is supervisor-only,
 * writable and global.
 * Locking: belongs to the one processor there is.
 * Callers: everyone who touches a guest's frame by number.
 */
#ifndef XEN_MM_MAP_CACHE_H
#define XEN_MM_MAP_CACHE_H

#include "shadow/port.h"
#include "xen/mm/heap.h"
#include "xen/mm/layout.h"

extern pte_t map_cache_l1[LAYOUT_MAP_CACHE_SLOTS];
extern uint32_t map_cache_frame[LAYOUT_MAP_CACHE_SLOTS]; /* what each slot shows; 0: nothing yet (frame 0 needs none) */
extern uint8_t map_cache_used[LAYOUT_MAP_CACHE_SLOTS];   /* how often each slot is mapped now */

/* The part of map_frame that is rarely needed; not for others. */
void *map_cache_miss(uint32_t frame);

/* Make frame mfn addressable until unmap_frame. mfn must be below frame_limit. Never fails. Page-aligned, one page. */
static inline void *map_frame(mfn_t mfn) {
    if (mfn.n < LAYOUT_DIRECT_MAP_BYTES >> PAGE_SHIFT) {
        return pointer_of_physical(mfn.n << PAGE_SHIFT);
    }
    uint32_t slot = mfn.n % LAYOUT_MAP_CACHE_SLOTS;
    if (map_cache_frame[slot] != mfn.n) {
        return map_cache_miss(mfn.n);
    }
    map_cache_used[slot]++;
    return (void *)(LAYOUT_MAP_CACHE + (slot << PAGE_SHIFT));
}

/* The window may be used for another frame again. pointer: anywhere in the page. */
static inline void unmap_frame(const void *pointer) {
    uint32_t offset = (uint32_t)pointer - LAYOUT_MAP_CACHE;
    if (offset < LAYOUT_MAP_CACHE_SLOTS << PAGE_SHIFT) {
        map_cache_used[offset >> PAGE_SHIFT]--;
    }
}

#endif
