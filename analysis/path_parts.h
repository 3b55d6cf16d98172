/*
 * path_parts.h - what paths.c is made of: the tree's nodes, and the contexts with their stacks.
 *
 * Callers: analysis/paths.c, path_contexts.c.
 */
#ifndef ANALYSIS_PATH_PARTS_H
#define ANALYSIS_PATH_PARTS_H

#include "analysis/paths.h"

enum arrival {
    ARRIVE_ANYWHERE,     /* nothing is known of how */
    ARRIVE_NEXT,         /* straight on, or by a jump */
    ARRIVE_CALL,
    ARRIVE_RETURN,
    ARRIVE_INTERRUPT,    /* its frame is there already */
};

/* Where a context goes on. */
struct place {
    uint32_t node;
    uint8_t arrival;     /* enum arrival */
    bool indirect;       /* the target is in no list */
    uint32_t back;       /* of a call: the return address */
    uint32_t next[3];    /* addresses at which it may go on: again, the next one, the target */
};

struct frame {
    bool is_interrupt;
    struct place place;  /* of an interrupt; of a call its node and back */
};

struct path {
    uint64_t key, used;
    uint32_t generation;
    const struct image *image;
    struct place at;
    uint32_t depth;
    struct frame frames[PATHS_DEPTH];
};

/* The node of function under parent, made when there is none; parent itself when there is no more room. */
uint32_t paths_child(struct paths *paths, uint32_t parent, uint32_t function);
/* Is node one of function? */
bool paths_is_in(const struct paths *paths, uint32_t node, uint32_t function);

/* Nothing is known any more of where the context is. */
void path_forget(struct path *path);
/* Does the context belong to a process, not to the hypervisor? */
bool is_of_process(const struct context *context, const struct block *block);
/* The context's path, fresh when it was not known or a gap lies behind. */
struct path *paths_context(struct paths *paths, const struct context *context, const struct block *block);
/*
 * Of a process: remember which context was used before this one. A kernel that changes its page directory goes on, on
 * the same stack, in the context of another process. Returns the ring in which the vcpu was before, the hypervisor
 * aside; 0: none yet.
 */
uint32_t paths_note_outer(struct paths *paths, const struct context *context, struct path *path);
/* The context used before this one, when both are of one ring of one vcpu: its stack may be this one's now. */
struct path *paths_same_stack(const struct paths *paths, const struct path *path);
/* The stack of `from` is this context's from here on. */
void path_take_over(struct path *path, struct path *from);

#endif
