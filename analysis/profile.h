/*
 * profile.h - where the instructions went: by ring, image, function and path of calls, and what the hypervisor did on
 * whose behalf.
 *
 * Rules: every instruction of the stream is counted once, repeats of string instructions included, and those that
 * faulted. What is executed in a piece of code that spans two functions is told apart. Memory: blocks.h, paths.h and
 * entries.h say what each grows with; nothing grows with the length of the trace.
 * Callers: analysis/tools/profile.c, the Python binding.
 */
#ifndef ANALYSIS_PROFILE_H
#define ANALYSIS_PROFILE_H

#include "analysis/blocks.h"
#include "analysis/entries.h"
#include "analysis/paths.h"

struct function_count {
    const struct image *image;
    const char *name;
    uint32_t function;
    uint64_t calls;             /* and jumps to its beginning */
    uint64_t instructions;      /* in it itself */
    uint64_t with_callees;      /* and in what it called; recursion counts once */
};

struct image_count {
    const struct image *image;
    uint64_t instructions;
};

struct profile {
    struct images *images;      /* the caller's */
    struct entries *entries;    /* the caller's; null: not wanted */
    struct blocks blocks;
    struct paths paths;
    uint64_t instructions;
    uint64_t ring[STREAM_RINGS];

    /* from profile_finish on, each with the most instructions first */
    struct function_count *functions;
    uint32_t function_count;
    struct image_count *by_image;
    uint32_t image_count;
    uint64_t *totals;           /* of each node of paths, with its callees */
};

/* What follow.h hands out. */
void profile_item(struct profile *profile, const struct context *context, const struct stream_item *item);
void profile_event(struct profile *profile, const struct context *context, const struct event *event);
/* Add up. Nothing may be handed over any more. */
void profile_finish(struct profile *profile);
void profile_free(struct profile *profile);

#endif
