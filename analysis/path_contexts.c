/*
 * path_contexts.c - see path_parts.h.
 */
#include "analysis/path_parts.h"

#include <string.h>

#define WAYS 8u
#define SETS (PATHS_CONTEXTS / WAYS)

/* ---- the tree --------------------------------------------------------------------------------------------------- */

static uint32_t add_node(struct paths *paths, uint32_t parent, uint32_t function) {
    if (paths->count == paths->room) {
        paths->room = paths->room ? 2 * paths->room : 1024;
        paths->nodes = grow(paths->nodes, paths->room, sizeof(*paths->nodes));
    }
    paths->nodes[paths->count] = (struct node){ .parent = parent, .function = function };
    return paths->count++;
}

uint32_t paths_child(struct paths *paths, uint32_t parent, uint32_t function) {
    uint64_t key = (uint64_t)parent << 32 | function;
    const uint32_t *known = map_get(&paths->children, key);

    if (known)
        return *known;
    if (paths->count == 0)
        add_node(paths, 0, UINT32_MAX);
    if (paths->count == PATHS_NODES) {
        paths->full = true;
        return parent;
    }
    map_put(&paths->children, key, add_node(paths, parent, function));
    return paths->count - 1;
}

bool paths_is_in(const struct paths *paths, uint32_t node, uint32_t function) {
    return node && paths->nodes[node].function == function;
}

/* ---- contexts --------------------------------------------------------------------------------------------------- */

void path_forget(struct path *path) {
    path->depth = 0;
    path->at = (struct place){ .arrival = ARRIVE_ANYWHERE };
}

static struct path *find_context(struct paths *paths, uint64_t key) {
    uint32_t set = (uint32_t)(key * 0x9e3779b97f4a7c15u >> 40) % SETS;
    struct path *oldest;

    if (!paths->contexts) {
        paths->contexts = grow(NULL, PATHS_CONTEXTS, sizeof(*paths->contexts));
        for (uint32_t i = 0; i < PATHS_CONTEXTS; i++)
            paths->contexts[i] = (struct path){ .key = UINT64_MAX };
    }
    oldest = &paths->contexts[set * WAYS];
    for (uint32_t i = set * WAYS; i < (set + 1) * WAYS; i++) {
        if (paths->contexts[i].key == key)
            return &paths->contexts[i];
        if (paths->contexts[i].used < oldest->used)
            oldest = &paths->contexts[i];
    }
    oldest->key = key;
    path_forget(oldest);
    return oldest;
}

bool is_of_process(const struct context *context, const struct block *block) {
    return context->ring || block->image->kind == IMAGE_KERNEL;
}

struct path *paths_context(struct paths *paths, const struct context *context, const struct block *block) {
    uint64_t vcpu = (uint64_t)context->domain << 12 | (uint64_t)context->vcpu << 4 | context->ring;
    uint64_t key = is_of_process(context, block) ? (vcpu | 1ull << 31) << 32 | context->process : 0;

    if (!paths->last || paths->last->key != key) {
        paths->last = find_context(paths, key);
        paths->last->used = ++paths->clock;
    }
    if (paths->last->generation != paths->generation) {
        paths->last->generation = paths->generation;
        path_forget(paths->last);
    }
    return paths->last;
}

uint32_t paths_note_outer(struct paths *paths, const struct context *context, struct path *path) {
    uint64_t vcpu = (uint64_t)context->domain << 32 | context->vcpu;
    const uint32_t *known;
    uint32_t before;

    if (path == paths->outer_path)
        return context->ring;
    known = map_get(&paths->outer, vcpu);
    before = known ? *known : 0;
    map_put(&paths->outer, vcpu, context->ring);
    paths->before = paths->outer_path;
    paths->outer_path = path;
    return before;
}

struct path *paths_same_stack(const struct paths *paths, const struct path *path) {
    struct path *before = paths->before;

    return before && before != path && path == paths->outer_path && before->key >> 32 == path->key >> 32
        && before->generation == path->generation ? before : NULL;
}

void path_take_over(struct path *path, struct path *from) {
    path->image = from->image;
    path->at = from->at;
    path->depth = from->depth;
    memcpy(path->frames, from->frames, from->depth * sizeof(*from->frames));
    path_forget(from);
}
