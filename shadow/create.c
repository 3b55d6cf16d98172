/*
 * create.c - the engine's state: its layout in the host's memory, its beginning and its end.
 * Callers: the host, through shadow.h.
 */
#include <string.h>

#include "shadow/flush.h"
#include "shadow/pool.h"
#include "shadow/propagate.h"
#include "shadow/rmap.h"
#include "shadow/unshadow.h"

/* The pieces of the state, one behind the other; all consist of 4-byte words but for the pointers in the first. */
struct layout {
    uint32_t pages;       /* offsets in bytes */
    uint32_t nodes;
    uint32_t hash;
    uint32_t rmap;
    uint32_t places;
    uint32_t superframes;
    uint32_t snapshots;
    uint32_t end;
    uint32_t hash_bits;
    uint32_t rmap_bits;
};

/* The smallest power of two that is not below n, as an exponent; at least 1. */
static uint32_t ceil_log2(uint32_t n) {
    uint32_t bits = 1;

    while (bits < 31 && (1u << bits) < n) {
        bits++;
    }
    return bits;
}

static struct layout layout_of(uint32_t pool_frames) {
    struct layout layout;

    layout.hash_bits = ceil_log2(pool_frames) + 1;
    layout.rmap_bits = ceil_log2(pool_frames * RMAP_NODES_PER_FRAME);
    layout.pages = (uint32_t)sizeof(struct shadow);
    layout.nodes = layout.pages + (pool_frames + LISTS) * (uint32_t)sizeof(struct shadow_page);
    layout.hash = layout.nodes + pool_frames * RMAP_NODES_PER_FRAME * (uint32_t)sizeof(struct rmap_node);
    layout.rmap = layout.hash + ((uint32_t)sizeof(uint32_t) << layout.hash_bits);
    layout.places = layout.rmap + ((uint32_t)sizeof(uint32_t) << layout.rmap_bits);
    layout.superframes = layout.places + ((uint32_t)sizeof(uint32_t) << layout.rmap_bits);
    layout.snapshots = layout.superframes + SUPERFRAMES * (uint32_t)sizeof(struct superframe);
    layout.end = layout.snapshots + SHADOW_OOS_TABLES * TABLE_ENTRIES * (uint32_t)sizeof(pte_t);
    return layout;
}

uint32_t shadow_state_bytes(uint32_t pool_frames) {
    return layout_of(pool_frames).end;
}

struct shadow *shadow_create(struct domain *domain, void *state, smfn_t first, uint32_t pool_frames) {
    struct layout layout = layout_of(pool_frames);
    struct shadow *shadow = state;
    uint8_t *base = state;
    uint32_t i;

    if (pool_frames < SHADOW_POOL_MINIMUM || pool_frames > SHADOW_POOL_MAXIMUM) {
        return NULL;
    }
    *shadow = (struct shadow){
        .domain = domain, .first = first, .pool_frames = pool_frames, .memory = shadow_port_pool_pointer(first),
        .memory_bias = (uintptr_t)shadow_port_pool_pointer(first) - ((uintptr_t)first.n << PAGE_SHIFT),
        .pages = (struct shadow_page *)(base + layout.pages), .nodes = (struct rmap_node *)(base + layout.nodes),
        .hash = (uint32_t *)(base + layout.hash), .rmap = (uint32_t *)(base + layout.rmap),
        .places = (uint32_t *)(base + layout.places), .superframes = (struct superframe *)(base + layout.superframes),
        .hash_shift = 32 - layout.hash_bits, .rmap_shift = 32 - layout.rmap_bits,
        .place_mask = (1u << layout.rmap_bits) - 1,
        .node_count = pool_frames * RMAP_NODES_PER_FRAME,
        .node_free = NONE, .base = {NONE}, .root = NONE, .code_page = NO_CODE_PAGE,
        .policy = SHADOW_POLICY_DEFAULT, .switches = SHADOW_SWITCHES_DEFAULT, .passed_on = passed_on(false),
        .retired = NONE,
    };
    for (i = 0; i < SHADOW_OOS_TABLES; i++) {
        shadow->oos[i] = (struct oos_slot){NONE, (pte_t *)(base + layout.snapshots) + i * TABLE_ENTRIES};
    }
    memset(shadow->hash, 0xff, sizeof(uint32_t) << layout.hash_bits); /* NONE in every bucket */
    memset(shadow->rmap, 0xff, sizeof(uint32_t) << layout.rmap_bits);
    memset(shadow->places, 0xff, sizeof(uint32_t) << layout.rmap_bits);
    memset(shadow->memory, 0, (size_t)pool_frames * PAGE_SIZE);
    pool_init(shadow);
    pool_limit_nodes(shadow, false);
    return shadow;
}

void shadow_clear(struct shadow *shadow) {
    uint32_t i;

    shadow->root = shadow->retired = NONE;
    if (shadow->base_table != NULL) {
        shadow_port_unmap(shadow->base_table);
        shadow->base_table = NULL;
        shadow->base.n = NONE;
        shadow->linear_end = 0;
    }
    if (shadow->code != NULL) {
        shadow_port_unmap(shadow->code);
        shadow->code = NULL;
        shadow->code_page = NO_CODE_PAGE;
    }
    for (i = 0; i < shadow->pool_frames; i++) {
        if (shadow->pages[i].kind != KIND_FREE) {
            unshadow_page(shadow, &shadow->pages[i], TRACE_FREE_REASON_destroy);
        }
    }
    shadow->made_global = false;
    everything_forgotten(shadow);
}

/* What goes on when the pool is another one. */
struct kept {
    uint32_t counters[COUNTERS];
    uint32_t policy, switches;
    uint32_t *dirty, *seen;
    uint32_t marked_frames, dirty_faults;
};

static void keep(const struct shadow *shadow, struct kept *kept) {
    memcpy(kept->counters, shadow->counters, sizeof(kept->counters));
    kept->policy = shadow->policy;
    kept->switches = shadow->switches;
    kept->dirty = shadow->dirty;
    kept->seen = shadow->seen;
    kept->marked_frames = shadow->marked_frames;
    kept->dirty_faults = shadow->dirty_faults;
}

/* All but the counters that say how much of the pool there is and was used. */
static void give_kept(struct shadow *shadow, struct kept *kept) {
    static const uint8_t of_pool[] = {
        TRACE_COUNTER_pool_frames, TRACE_COUNTER_pool_low_water, TRACE_COUNTER_rmap_entries_high_water,
    };
    uint32_t i;

    for (i = 0; i < sizeof(of_pool); i++) {
        kept->counters[of_pool[i]] = shadow->counters[of_pool[i]];
    }
    memcpy(shadow->counters, kept->counters, sizeof(kept->counters));
    shadow->policy = kept->policy;
    shadow->switches = kept->switches;
    shadow->passed_on = passed_on((kept->switches & SHADOW_SWITCH_GLOBAL) != 0);
    shadow->dirty = kept->dirty;
    shadow->seen = kept->seen;
    shadow->marked_frames = kept->marked_frames;
    shadow->dirty_faults = kept->dirty_faults;
    pool_limit_nodes(shadow, shadow->dirty != NULL);
}

struct shadow *shadow_resize(struct shadow *shadow, void *state, smfn_t first, uint32_t pool_frames) {
    struct domain *domain = shadow->domain;
    struct kept kept;

    if (pool_frames < SHADOW_POOL_MINIMUM || pool_frames > SHADOW_POOL_MAXIMUM) {
        return NULL;
    }
    shadow_clear(shadow);
    keep(shadow, &kept);
    memset(state, 0, shadow_state_bytes(pool_frames));
    shadow = shadow_create(domain, state, first, pool_frames);
    give_kept(shadow, &kept);
    return shadow;
}

uint32_t shadow_counter(const struct shadow *shadow, uint32_t which) {
    return which < COUNTERS ? shadow->counters[which] : 0;
}
