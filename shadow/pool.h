/*
 * pool.h - the pool's pages: reserve, then take (rule S9), least recently used reclaimed.
 *
 * Free pages are all zero. A page that is given back rests in quarantine until everything was forgotten (F4).
 * Callers: fault.c and root.c reserve, make.c takes, unshadow.c gives.
 */
#ifndef SHADOW_POOL_H
#define SHADOW_POOL_H

#include "shadow/prefetch.h"
#include "shadow/types.h"

/* What one attempt at a fault may need: a table for the L2 link, a link and a group of writable entries. */
#define RESERVE_FAULT_PAGES 1u
#define RESERVE_FAULT_NODES (1u + PREFETCH_GROUP)

/* Put page at the front of a list; take it out of the list it is in. */
void list_push(struct shadow *shadow, enum list list, struct shadow_page *page);
void list_remove(struct shadow *shadow, enum list list, struct shadow_page *page);

/* Every page free, every list right: the beginning. */
void pool_init(struct shadow *shadow);

/*
 * Need a fault see to nothing before an entry is made: are pages and nodes at hand without reclaim, and is no log of
 * dirty frames kept, for which nothing ever is ready? The common case, in line.
 */
static inline bool pool_ready(const struct shadow *shadow) {
    return shadow->listed[LIST_FREE] >= RESERVE_FAULT_PAGES && shadow->nodes_used < shadow->node_limit;
}

/* When nodes run short for a fault; nothing_ready: every fault shall find that something is to be done. */
static inline void pool_limit_nodes(struct shadow *shadow, bool nothing_ready) {
    shadow->node_limit = nothing_ready ? 0 : shadow->node_count - RESERVE_FAULT_NODES + 1;
}

/*
 * Make sure that so many pages and reverse-map nodes can be had until the next reserve. May free any shadow page but
 * the current root and loaded ones; so nothing found before may be used after.
 */
void pool_reserve(struct shadow *shadow, uint32_t pages, uint32_t nodes);

/* A zero page, of what was reserved; in no list. Panics when there is none: S9 is broken. */
struct shadow_page *pool_take(struct shadow *shadow);
/* Give a page back: all its entries are zero, it is in no list and no chain. */
void pool_give(struct shadow *shadow, struct shadow_page *page);
/* Everything was forgotten: what rested in quarantine is free. There is something in it. */
void pool_end_quarantine(struct shadow *shadow);
/* Page was of use: reclaim it late. */
void pool_touch(struct shadow *shadow, struct shadow_page *page);

#endif
