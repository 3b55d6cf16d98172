/*
 * reuse.h - reuse distances: how many other pages were referenced since the page was referenced last. A fully
 * associative memory of n pages that keeps the most recent ones has those whose distance is less than n.
 *
 * Rules: exact. Each page has a place in the order of last references; a tree of counts (Fenwick's) tells how many
 * places behind it are taken. When the places are used up those that are taken are numbered anew, so that memory is
 * bounded by the pages there can be, and a reference takes a logarithm of their number; one to the same page as
 * before takes none. Callers: analysis/memory.c. Source: B. T. Bennett and V. J. Kruskal, LRU stack processing, 1975;
 * P. M. Fenwick, 1994.
 */
#ifndef ANALYSIS_REUSE_H
#define ANALYSIS_REUSE_H

#include <stdint.h>

#define REUSE_BUCKETS 22u      /* distance 0; 1; 2 to 3; 4 to 7; ... */

struct reuse {
    uint32_t pages;            /* numbers of pages are less */
    uint32_t room;             /* places, from 1 */
    uint32_t *place;           /* of each page; 0: never referenced */
    uint32_t *tree, *at;       /* counts; the page at each place */
    uint32_t used, distinct;   /* the last place; pages referenced */
    uint32_t last;             /* page referenced last */
    uint64_t references, first; /* first: to pages not referenced before */
    uint64_t buckets[REUSE_BUCKETS];
};

void reuse_begin(struct reuse *reuse, uint32_t pages);
void reuse_refer(struct reuse *reuse, uint32_t page);
/* The least distance in a bucket. */
uint32_t reuse_bucket_first(unsigned bucket);
void reuse_free(struct reuse *reuse);

#endif
