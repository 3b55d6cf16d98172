/*
 * fill.h - shadow entries for one walk of the guest's tables: the link in the current root, and the leaf entry.
 * Callers: fault.c, after walk_mark (S7) and pool_reserve (S9).
 */
#ifndef SHADOW_FILL_H
#define SHADOW_FILL_H

#include "shadow/walk.h"

enum fill {
    FILL_NOTHING,   /* everything was there: a spurious fault */
    FILL_DONE,      /* the translation is there now */
    FILL_AGAIN,     /* a guest table was write-protected only now: walk again */
    FILL_REFUSED,   /* the domain may not have the frame that way (G1, G2) */
};

/*
 * Make the translation of an allowed and marked walk. table: its frame is an in-sync guest table. path:
 * TRACE_FAULT_PATH_ bits of what was done are added.
 */
enum fill fill(struct shadow *shadow, const struct walk *walk, bool table, uint32_t *path);

#endif
