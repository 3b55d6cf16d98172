/*
 * paths.c - see paths.h.
 *
 * What the end of a run leads to is remembered in its context (arrival, back, next) and decided when the context
 * executes again: an interrupt may come in between.
 */
#include "analysis/path_parts.h"

#include <stdlib.h>
#include <string.h>

/* ---- how an address was arrived at ------------------------------------------------------------------------------ */

/* One more than the index of the last call with this return address, 0: there is none. */
static uint32_t call_with(const struct path *path, uint32_t address) {
    uint32_t i = path->depth;

    while (i > 0 && (path->frames[i - 1].is_interrupt || path->frames[i - 1].place.back != address))
        i--;
    return i;
}

static bool goes_on(const struct path *path, const struct place *place, uint32_t address) {
    if (place->arrival == ARRIVE_RETURN)
        return call_with(path, address);
    return place->arrival != ARRIVE_ANYWHERE
        && (place->indirect || place->next[0] == address || place->next[1] == address || place->next[2] == address);
}

/* Back to where the context, or something interrupted in it, goes on at address. */
static bool resume(struct path *path, uint32_t address) {
    if (goes_on(path, &path->at, address))
        return true;
    for (uint32_t i = path->depth; i-- > 0;) {
        if (path->frames[i].is_interrupt && goes_on(path, &path->frames[i].place, address)) {
            path->at = path->frames[i].place;
            path->depth = i;
            return true;
        }
    }
    return false;
}

static void interrupt(struct path *path) {
    if (path->depth == PATHS_DEPTH)
        path_forget(path);
    path->frames[path->depth++] = (struct frame){ true, path->at };
    path->at.arrival = ARRIVE_INTERRUPT;
}

/* An iret within the ring, to an address where nothing was interrupted: a handler that goes on elsewhere. */
static void end_interrupt(struct path *path) {
    for (uint32_t i = path->depth; i-- > 0;) {
        if (path->frames[i].is_interrupt) {
            path->at = path->frames[i].place;
            path->at.arrival = ARRIVE_NEXT;
            path->depth = i;
            return;
        }
    }
    path->at.arrival = path->at.node ? ARRIVE_NEXT : ARRIVE_ANYWHERE;
}

static void arrive_within(struct path *path, const struct stream_transfer *transfer, uint32_t address) {
    if (transfer->kind <= TRANSFER_SOFTWARE_INTERRUPT)
        interrupt(path);
    else if (transfer->kind == TRANSFER_IRET && !resume(path, address))
        end_interrupt(path);
}

static uint64_t key_of_call(const struct image *image, uint32_t address) {
    return (uint64_t)image->first_function << 32 | address;
}

/* A process begins where another one of its program made a system call: by fork, with a copy of its stack. */
static void inherit(const struct paths *paths, struct path *path, uint32_t address) {
    const uint32_t *node = map_get(&paths->system_calls, key_of_call(path->image, address));
    uint32_t depth = 0;

    if (!node)
        return;
    for (uint32_t at = *node; paths->nodes[at].parent; at = paths->nodes[at].parent)
        depth++;
    path->depth = depth;
    path->at = (struct place){ .node = *node, .arrival = ARRIVE_NEXT };
    for (uint32_t at = *node; depth > 0; at = paths->nodes[at].parent)
        path->frames[--depth].place = (struct place){ .node = paths->nodes[at].parent, .back = paths->nodes[at].back };
    for (uint32_t i = 0; i < path->depth; i++)
        path->frames[i].is_interrupt = false;
}

/* Straight on, in another context than before: its own stack, left at this place, or that of the context before. */
static void change_over(struct paths *paths, struct path *path, uint32_t address) {
    if (!goes_on(path, &path->at, address) && paths_same_stack(paths, path)
        && goes_on(paths->before, &paths->before->at, address))
        path_take_over(path, paths->before);
}

/* By a transfer. outer: the ring that the vcpu was in before, beside ring 0. */
static void arrive(struct paths *paths, struct path *path, const struct context *context, uint32_t outer,
                   uint32_t address) {
    const struct stream_transfer *transfer = &paths->transfer;

    if (transfer->to_ring == transfer->from_ring && transfer->to_ring == context->ring)
        arrive_within(path, transfer, address);
    else if (transfer->to_ring != context->ring || transfer->to_ring < transfer->from_ring || outer > context->ring)
        path_forget(path);
    else if (resume(path, address))
        return;
    else if (paths_same_stack(paths, path) && goes_on(paths->before, &paths->before->at, address))
        path_take_over(path, paths->before);
    else if (outer == context->ring && outer < 3)
        interrupt(path);
    else
        path_forget(path);
}

/*
 * Back behind the last call with this return address, otherwise into the function that called, at another place (a
 * child's stack as inherit() knows it); without either the callers are unknown.
 */
static void go_back(struct paths *paths, struct path *path, uint32_t function, uint32_t address) {
    uint32_t i = call_with(path, address);
    struct path *other = i ? NULL : paths_same_stack(paths, path);

    if (other && call_with(other, address)) {
        path_take_over(path, other);
        i = call_with(path, address);
    }
    if (!i && path->depth && paths_is_in(paths, path->frames[path->depth - 1].place.node, function))
        i = path->depth;
    path->depth = i ? i - 1 : 0;
    path->at.node = i ? path->frames[i - 1].place.node : 0;
}

/* To the function at address in the way that the context's last run ended. */
static void settle(struct paths *paths, struct path *path, uint32_t function, uint32_t address) {
    struct place *at = &path->at;

    if (at->arrival == ARRIVE_RETURN)
        go_back(paths, path, function, address);
    if (at->arrival == ARRIVE_CALL && path->depth == PATHS_DEPTH)
        at->arrival = ARRIVE_NEXT;
    if (at->arrival == ARRIVE_CALL)
        path->frames[path->depth++] = (struct frame){ false, *at };
    if (at->arrival == ARRIVE_CALL || at->arrival == ARRIVE_INTERRUPT || !at->node) {
        at->node = paths_child(paths, at->node, function);
        paths->nodes[at->node].calls += at->arrival != ARRIVE_RETURN;
        paths->nodes[at->node].back = at->back;
    } else if (!paths_is_in(paths, at->node, function)) {
        at->node = paths_child(paths, paths->nodes[at->node].parent, function);
        paths->nodes[at->node].calls += image_is_entry(path->image, address);
    }
    at->arrival = ARRIVE_NEXT;
}

/* ---- what the stream has ---------------------------------------------------------------------------------------- */

/* Where the run's end leads. */
static void leave(struct place *at, const struct block *block, const struct stream_run *run) {
    const struct stream_code *code = run->code;
    uint32_t behind = (uint32_t)run->first + run->count;

    at->arrival = ARRIVE_NEXT;
    at->indirect = false;
    if (behind == code->instructions) {
        at->next[0] = block->last;
        at->next[1] = block->end;
        at->next[2] = block->target;
    } else {
        at->next[0] = code->address + code_offset(code, behind - 1);
        at->next[1] = at->next[2] = code->address + code_offset(code, behind);
    }
    if (behind != code->instructions || run->faulted)
        return;
    at->back = block->end;
    at->indirect = block->indirect;
    at->arrival = block->calls ? ARRIVE_CALL : block->returns ? ARRIVE_RETURN : ARRIVE_NEXT;
}

void paths_run(struct paths *paths, const struct context *context, const struct block *block,
               const struct stream_run *run, uint32_t function, uint32_t address, uint64_t instructions) {
    struct path *last = paths->last, *path = paths_context(paths, context, block);
    uint32_t outer = is_of_process(context, block) ? paths_note_outer(paths, context, path) : 0;

    if (paths->arriving)
        arrive(paths, path, context, outer, address);
    else if (path != last)
        change_over(paths, path, address);
    paths->arriving = false;
    if (path->image != block->image) {
        path->image = block->image;
        path_forget(path);
    }
    if (path->at.arrival == ARRIVE_ANYWHERE && context->ring == 3)
        inherit(paths, path, address);
    settle(paths, path, function, address);
    paths->nodes[path->at.node].instructions += instructions;
    leave(&path->at, block, run);
}

void paths_enter(struct paths *paths, uint32_t function, uint64_t instructions) {
    struct place *at = &paths->last->at;

    if (!paths_is_in(paths, at->node, function))
        at->node = paths_child(paths, paths->nodes[at->node].parent, function);
    paths->nodes[at->node].instructions += instructions;
}

void paths_transfer(struct paths *paths, const struct stream_transfer *transfer) {
    if (transfer->kind == TRANSFER_HLT)
        return;
    if (transfer->kind == TRANSFER_SOFTWARE_INTERRUPT && transfer->from_ring == 3 && paths->outer_path)
        map_put(&paths->system_calls, key_of_call(paths->outer_path->image, paths->outer_path->at.next[1]),
                paths->outer_path->at.node);
    paths->arriving = true;
    paths->transfer = *transfer;
}

void paths_gap(struct paths *paths) {
    paths->generation++;
    paths->arriving = false;
}

void paths_free(struct paths *paths) {
    free(paths->nodes);
    free(paths->contexts);
    map_free(&paths->children);
    map_free(&paths->outer);
    map_free(&paths->system_calls);
    *paths = (struct paths){ 0 };
}
