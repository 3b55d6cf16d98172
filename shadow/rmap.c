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

/* The bucket of a location: its low bits. As there are 32 nodes a page, no bucket can ever have more than 32 nodes. */
static inline uint32_t *place_of(const struct shadow *shadow, uint32_t location) {
    return &shadow->places[location & shadow->place_mask];
}

void rmap_add(struct shadow *shadow, uint32_t frame, uint32_t location) {
    uint32_t index = take_node(shadow), second, *head, *place = place_of(shadow, location);
    struct rmap_node *node = &shadow->nodes[index];

    node->location = location;
    node->next_place = *place;
    *place = index;
    node->frame = frame;
    head = &shadow->rmap[hash_bucket(frame, shadow->rmap_shift)];
    second = *head;
    node->next = second;
    *head = index;
    if (__builtin_expect(second != NONE, 0)) {
        shadow->nodes[second].previous = index;
    }
    shadow->nodes_used++;
}

/* Take a node out of its frame's bucket, which may be long, without walking along it. */
static void leave_bucket(struct shadow *shadow, const struct rmap_node *node) {
    uint32_t *head = &shadow->rmap[hash_bucket(node->frame, shadow->rmap_shift)];
    bool first = *head == (uint32_t)(node - shadow->nodes);

    if (first) {
        *head = node->next;
    } else {
        shadow->nodes[node->previous].next = node->next;
        if (node->next != NONE) {
            shadow->nodes[node->next].previous = node->previous;
        }
    }
}

void rmap_remove(struct shadow *shadow, uint32_t frame, uint32_t location) {
    uint32_t *link = place_of(shadow, location);
    uint32_t index;

    for (index = *link; index != NONE; index = *link) {
        struct rmap_node *node = &shadow->nodes[index];

        if (node->location == location && node->frame == frame) {
            *link = node->next_place;
            leave_bucket(shadow, node);
            node->next = shadow->node_free;
            shadow->node_free = index;
            shadow->nodes_used--;
            return;
        }
        link = &node->next_place;
    }
    ENGINE_ASSERT(false, "S6: a mapping is not in the reverse map");
}

bool rmap_holds(const struct shadow *shadow, uint32_t frame, uint32_t location) {
    uint32_t index = *place_of(shadow, location), first = shadow->rmap[hash_bucket(frame, shadow->rmap_shift)];
    const struct rmap_node *node;

    while (index != NONE && (shadow->nodes[index].location != location || shadow->nodes[index].frame != frame)) {
        index = shadow->nodes[index].next_place;
    }
    if (index == NONE) {
        return false;
    }
    node = &shadow->nodes[index];
    return (index == first || shadow->nodes[node->previous].next == index) &&
           (node->next == NONE || shadow->nodes[node->next].previous == index);
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
