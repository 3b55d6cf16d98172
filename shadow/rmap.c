/* rmap.c - the reverse map (rule S6). Rules and callers: rmap.h. */
#include "shadow/rmap.h"

#include "shadow/hash.h"

static inline uint32_t take_node(struct shadow *shadow) {
    uint32_t index = shadow->node_free;

    if (__builtin_expect(index != NONE, 1)) {
        shadow->node_free = shadow->nodes[index].next;
        return index;
    }
    ENGINE_ASSERT(shadow->nodes_touched < shadow->node_count, "S9: the reverse map has no node left");
    /* used ones are used again first, so this is their number */
    shadow->counters[TRACE_COUNTER_rmap_entries_high_water]++;
    return shadow->nodes_touched++;
}

void rmap_add(struct shadow *shadow, uint32_t frame, uint32_t location) {
    uint32_t *head = &shadow->rmap[hash_bucket(frame, shadow->rmap_shift)];
    uint32_t index = take_node(shadow);
    struct rmap_node *node = &shadow->nodes[index];

    node->frame = frame;
    node->location = location;
    node->next = *head;
    *head = index;
    shadow->nodes_used++;
}

void rmap_remove(struct shadow *shadow, uint32_t frame, uint32_t location) {
    uint32_t *link = &shadow->rmap[hash_bucket(frame, shadow->rmap_shift)];
    uint32_t index;

    for (index = *link; index != NONE; index = *link) {
        struct rmap_node *node = &shadow->nodes[index];

        if (node->location == location && node->frame == frame) {
            *link = node->next;
            node->next = shadow->node_free;
            shadow->node_free = index;
            shadow->nodes_used--;
            return;
        }
        link = &node->next;
    }
    ENGINE_ASSERT(false, "S6: a mapping is not in the reverse map");
}

uint32_t rmap_next(const struct shadow *shadow, uint32_t frame, uint32_t node) {
    while (node != NONE && shadow->nodes[node].frame != frame) {
        node = shadow->nodes[node].next;
    }
    return node;
}

uint32_t rmap_first(const struct shadow *shadow, uint32_t frame) {
    return rmap_next(shadow, frame, shadow->rmap[hash_bucket(frame, shadow->rmap_shift)]);
}
