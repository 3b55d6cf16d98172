/*
 * region.h - which parts of an address space a process may use, and how.
 *
 * A region is a page-aligned range of private memory with one protection. A list is sorted by address and has no
 * overlaps. Callers: mm, fault, exec, system calls.
 */
#ifndef MINI_REGION_H
#define MINI_REGION_H

#include <stdbool.h>
#include <stdint.h>

#include "guests/mini/system_calls.h"

struct region {
    struct region *next;
    uint32_t start, end;         /* linear addresses, end is the first beyond */
    uint32_t protection;         /* PROTECTION_* */
    bool grows_down;             /* the stack */
    const uint8_t *data;         /* contents of the region at first, followed by zeros; NULL: zeros */
    uint32_t data_bytes;
    bool file;                   /* pages with data that nobody has written are the file's own (files.h) */
};

/* The region with linear in it, or NULL. */
struct region *region_find(struct region *list, uint32_t linear);
/* Is there any region in start..end-1? */
bool region_overlaps(const struct region *list, uint32_t start, uint32_t end);
/* Lowest free range of bytes (page-aligned) from floor up; 0: none. */
uint32_t region_find_gap(const struct region *list, uint32_t floor, uint32_t bytes);
/* Insert a copy of what (next is ignored). False: no memory for one more region. */
bool region_insert(struct region **list, const struct region *what);
/* Copy a whole list; NULL and *copied = false when memory runs out (nothing stays allocated). */
struct region *region_copy(const struct region *list, bool *copied);
/*
 * Cut the regions at start and at end, so that none reaches across either. False: no memory for one more region; the
 * list still describes the same ranges.
 */
bool region_split(struct region **list, uint32_t start, uint32_t end);
/* Remove everything in start..end-1; the list must be split there. */
void region_remove(struct region **list, uint32_t start, uint32_t end);
void region_free_all(struct region **list);

#endif
