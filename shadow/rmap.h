/*
 * rmap.h - the reverse map (rule S6).
 *
 * It holds, for guest frames, every writable leaf entry; for pool frames, every link. A guest frame is never a pool
 * frame, so one map serves both. Nodes come from a fixed store; pool_reserve sees to it that there are enough (S9).
 * A guest may map one frame as often as there are nodes, so a node is found by its location, which has a few nodes at
 * most, and never by walking along those of its frame.
 * Callers: set.c keeps it; protect.c, unshadow.c and audit.c look things up.
 */
#ifndef SHADOW_RMAP_H
#define SHADOW_RMAP_H

#include "shadow/types.h"

/* Nodes that one pool frame brings along. */
#ifndef RMAP_NODES_PER_FRAME
#define RMAP_NODES_PER_FRAME 32u
#endif

/* An entry's place in the pool: page index << TABLE_SHIFT | entry index. */
static inline uint32_t location_of(const struct shadow *shadow, const pte_t *entry) {
    return (uint32_t)(entry - shadow->memory);
}

static inline struct shadow_page *location_page(const struct shadow *shadow, uint32_t location) {
    return &shadow->pages[location >> TABLE_SHIFT];
}

static inline uint32_t location_entry(uint32_t location) {
    return location & (TABLE_ENTRIES - 1);
}

/* Note that the entry at location maps frame. There is a free node: S9. */
void rmap_add(struct shadow *shadow, uint32_t frame, uint32_t location);
/* Forget it again; it was noted. */
void rmap_remove(struct shadow *shadow, uint32_t frame, uint32_t location);
/* Is it noted, and can it be found both by its location and by its frame? For the audit. */
bool rmap_holds(const struct shadow *shadow, uint32_t frame, uint32_t location);

/*
 * The first node of frame at or behind node, or NONE. Begin with rmap_first. Who removes nodes on the way asks for the
 * next one before.
 */
uint32_t rmap_next(const struct shadow *shadow, uint32_t frame, uint32_t node);
uint32_t rmap_first(const struct shadow *shadow, uint32_t frame);

#endif
