/*
 * prefetch.h - neighbours of a translation that is being filled.
 *
 * A program that touches one page mostly touches the next ones too, and each touch of an entry that has no shadow costs
 * a fault. With the switch prefetch a fill makes the entries of its aligned group that need nothing written back: the
 * guest's entry is accessed already (S7), and writable entries that are dirty come out writable.
 * Not while a log of dirty frames is kept, where most would come out read-only (dirty.h, W1).
 * Callers: fill.c.
 */
#ifndef SHADOW_PREFETCH_H
#define SHADOW_PREFETCH_H

#include "shadow/walk.h"

/* Entries of a group; a power of two. Each may need a reverse-map node: pool.h reserves for all. */
#ifndef PREFETCH_GROUP /* fewer only in the exhaustive test, whose tables are small */
#define PREFETCH_GROUP 16u
#endif

/* leaf: the page of the entry that was filled, which is of a page of 4 KiB. */
void prefetch(struct shadow *shadow, const struct walk *walk, struct shadow_page *leaf);

#endif
