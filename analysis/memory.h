/*
 * memory.h - which memory a trace touched: frames by their use, working sets over time, the hottest frames, reuse.
 *
 * Rules:
 *   - Memory is machine frames: an address space has no frame of its own, and what two of them share is one.
 *   - A reference is an access to data, or a run of instructions; instructions count one by one. What the page walker
 *     reads and sets counts by itself. Without a trace of accesses there are instructions and walks alone.
 *   - Time is cut into intervals of the same length. When there are more of them than were asked for two and two
 *     become one, so that the length is a power of two of instructions, and memory does not grow with the trace.
 *   - At most 160 MiB: 128 KiB an interval and use, touched as far as there are frames.
 * Callers: analysis/tools/memory.c.
 */
#ifndef ANALYSIS_MEMORY_H
#define ANALYSIS_MEMORY_H

#include <stdio.h>

#include "analysis/follow.h"
#include "analysis/frames.h"
#include "analysis/reuse.h"

#define MEMORY_INTERVALS_MAX 256u
#define MEMORY_ROWS 64u           /* of the heat map */
#define MEMORY_FIRST_LENGTH 4096u /* instructions of an interval, to begin with */
#define FRAME_WORDS (FRAMES / 64u)

/* What was done with a frame, or with frames of one use. */
struct touched {
    uint64_t instructions, reads, writes, walk_reads, walk_sets;
};

struct interval {
    uint64_t *frames[FRAME_USES]; /* a bit a frame that was touched while it had this use; null: none */
    uint64_t *written;
    uint64_t heat[MEMORY_ROWS];
};

struct memory {
    const struct follow *follow;  /* the caller's */
    struct frames frames;
    uint32_t frame_count;         /* of the machine */
    struct touched by_use[FRAME_USES];
    struct touched by_frame[FRAMES];
    uint64_t *seen[FRAME_USES];   /* bits of frames, as in an interval, of the whole time */
    struct reuse reuse;
    struct interval intervals[MEMORY_INTERVALS_MAX];
    uint32_t wanted;              /* intervals, at most */
    uint32_t count;
    uint64_t begin, length;       /* of the first; of each */
    bool begun;
    uint64_t accesses;
};

/* An empty one, for at most so many intervals: 2 to MEMORY_INTERVALS_MAX. Null: there is no memory. */
struct memory *memory_new(const struct follow *follow, uint32_t intervals);
/* What follow_trace hands out; state is a struct memory. */
void memory_item(void *state, const struct context *context, const struct stream_item *item);
void memory_event(void *state, const struct context *context, const struct event *event);
void memory_free(struct memory *memory);

/* Bits that are set; null has none. */
uint64_t memory_count(const uint64_t *frames);
uint64_t touched_sum(const struct touched *touched);
/* The hottest frames, by all references together, into list; returns how many there are, at most room. */
uint32_t memory_hottest(const struct memory *memory, uint32_t *list, uint32_t room);

void print_memory_table(FILE *to, const struct memory *memory, uint32_t top);
void print_memory_csv(FILE *to, const struct memory *memory, uint32_t top);
void print_memory_json(FILE *to, const struct memory *memory, uint32_t top);
void print_memory_svg(FILE *to, const struct memory *memory, uint32_t top);

#endif
