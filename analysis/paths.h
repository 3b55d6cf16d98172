/*
 * paths.h - by which calls the processor came where it is: a tree of functions, and for each context the place in it.
 *
 * A context is a ring of a vcpu and, outside of the hypervisor, a process: what has a stack of its own. In it calls and
 * returns are followed by the return addresses, never by the stack pointer:
 *   call        the address behind it is remembered; what is executed next is called
 *   return      goes back to the last call with that address, if need be one in the context before, whose stack this
 *               one took along (a kernel that loads another page directory), or into the calling function at another
 *               place; without one (a stack was switched, the trace began in the middle) the callers are unknown: the
 *               path begins anew
 *   jump        into another function: that takes the place of the one it was jumped from; to its first instruction it
 *               is a call like others
 *   interrupt   within a ring: what is executed next is called, and the iret to one of the addresses where it may go on
 *               ends it. From an outer ring: the path begins anew, as the stack does
 *   to a ring   from an inner one: where the context was left; otherwise in ring 1 a handler, called from there, in
 *               ring 3 where a process of this program last made a system call there (fork), or anew
 * A gap in the stream, other code in the same context (exec) and too many contexts begin paths anew too.
 *
 * Rules: a path has at most PATHS_DEPTH calls; deeper ones take the place of the last. There are PATHS_CONTEXTS
 * contexts, the one not used for longest is forgotten, and at most PATHS_NODES nodes: further ones are counted for
 * their callers.
 * Callers: analysis/profile.c.
 */
#ifndef ANALYSIS_PATHS_H
#define ANALYSIS_PATHS_H

#include "analysis/blocks.h"

#define PATHS_DEPTH 128
#define PATHS_CONTEXTS 1024u
#define PATHS_NODES (1u << 20)

/* A function by way of its callers; node 0 is none. A parent's index is less than its child's. */
struct node {
    uint32_t parent, function;
    uint64_t instructions;      /* in it itself */
    uint64_t calls;
    uint32_t back;              /* the return address of the last of them */
};

struct paths {
    struct node *nodes;
    uint32_t count;
    bool full;                  /* PATHS_NODES was too few */

    /* for paths.c and path_contexts.c alone */
    uint32_t room;
    struct map children;        /* node, function -> node */
    struct path *contexts;
    struct path *last;          /* the one that was used last */
    struct path *outer_path, *before; /* the last one of a process, and the one before */
    struct map outer;           /* domain, vcpu -> ring in which it was last, the hypervisor aside */
    struct map system_calls;    /* image, address behind it -> node that it was last made in */
    uint32_t generation;        /* of gaps */
    uint64_t clock;
    bool arriving;              /* by the transfer: */
    struct stream_transfer transfer;
};

/*
 * A run of code was executed. function: of its first instruction; address: where that lies. Counts the instructions
 * (passes included) of the run; those of a part of it that lies in another function are counted by paths_enter.
 */
void paths_run(struct paths *paths, const struct context *context, const struct block *block,
               const struct stream_run *run, uint32_t function, uint32_t address, uint64_t instructions);
/* Within that run another function began, and so many instructions of it were executed. */
void paths_enter(struct paths *paths, uint32_t function, uint64_t instructions);
void paths_transfer(struct paths *paths, const struct stream_transfer *transfer);
/* Nothing is known of what was executed meanwhile. */
void paths_gap(struct paths *paths);
void paths_free(struct paths *paths);

#endif
