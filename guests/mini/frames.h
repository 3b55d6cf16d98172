/*
 * frames.h - pseudo-physical frames: who uses one, how often, and which are free.
 *
 * Frame numbers are pfns; 0 is never handed out and means "none". A frame's references count the user entries that name
 * it; page tables and kernel pages have one, a page of a file one more. User frames are counted apart, because the memory limit
 * is about them.
 */
#ifndef MINI_FRAMES_H
#define MINI_FRAMES_H

#include <stdbool.h>
#include <stdint.h>

struct frame {
    uint32_t next_free;
    uint16_t references;
    uint16_t swap_slot : 15; /* the swap slot with a copy of it, 0: none */
    uint16_t cached : 1;     /* it is a page of a file (files.h) */
};

/* One for every pfn, made by frames_start. */
extern struct frame *frames;

/* All memory is mapped; free[] .. are the ranges that boot left. Must run before anything else here. */
void frames_start(struct frame *table, uint32_t count);
/* Give pfns first..end-1 to the free list. */
void frames_add(uint32_t first, uint32_t end);

/* A zeroed frame for the kernel (page table, pipe buffer); 0 when memory has run out. */
uint32_t frame_allocate_kernel(void);
/*
 * A frame for a user page, contents undefined, one reference; evicts other pages when the limit is reached. 0: none can
 * be had.
 */
uint32_t frame_allocate_user(void);
/* One more user entry names it. */
void frame_reference(uint32_t pfn);
/* One entry less; the last one frees it and its swap slot. */
void frame_release_user(uint32_t pfn);
void frame_release_kernel(uint32_t pfn);

/* The most user frames at a time; 0: no limit. */
void frames_set_limit(uint32_t limit);
uint32_t frames_user(void);
uint32_t frames_free(void);

#endif
