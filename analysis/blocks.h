/*
 * blocks.h - what a reader wants to know of each piece of code of a stream, found once: its functions, and where its
 * end may go.
 *
 * Rules: grows with the number of different pieces of code, not with the stream. Code that another image executes is
 * looked up again.
 * Callers: analysis/profile.c.
 */
#ifndef ANALYSIS_BLOCKS_H
#define ANALYSIS_BLOCKS_H

#include "analysis/images.h"
#include "analysis/leave.h"

struct block {
    const struct image *image;  /* whose code it is; null: not looked up */
    uint32_t function;          /* of the first instruction; of all, unless several */
    bool several;
    bool inner;                 /* looked up for ring 0 */
    bool calls, returns, indirect; /* the last instruction: near calls and returns; its target is in no list */
    uint32_t last, end, target; /* its address, the one behind it, and of a direct jump or call the target */
};

struct blocks {
    struct images *images;      /* the caller's */
    struct block *list;         /* by stream_code.number */
    uint32_t count;
    const struct image *current; /* of ring, domain and process of the last question */
    uint32_t ring, domain, process, names;
};

/* The block of the code, executed in this context. Valid until the next call. */
const struct block *blocks_at(struct blocks *blocks, const struct context *context, const struct stream_code *code);
void blocks_free(struct blocks *blocks);

#endif
