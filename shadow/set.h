/*
 * set.h - the one writer of shadow entries (rule S2).
 *
 * Callers: fill.c, write.c, protect.c, unshadow.c. What they do with the result is said in flush.h.
 */
#ifndef SHADOW_SET_H
#define SHADOW_SET_H

#include "shadow/types.h"

/* Result of set_entry beside bits of enum lost: the domain may not have that frame that way; nothing was changed. */
#define SET_REFUSED 0x80000000u

/*
 * Write value, 0 or present, to the entry (in a page of the pool that is in use), and keep the books: references of
 * leaf entries and superpages (S5), the reverse map (S6: a node must be free, S9), live and parents. The hardware's
 * accessed bit is carried over when the frame stays the same (F8). While the log of dirty frames is on, a leaf entry of
 * a frame that has no mark is made without its write right (W1 of dirty.h). A superpage comes where there is nothing,
 * and goes: it is never changed.
 * Returns what a TLB may now wrongly remember, as bits of enum lost; or SET_REFUSED, for leaf entries and superpages
 * only, and never for value 0.
 */
uint32_t set_entry(struct shadow *shadow, pte_t *entry, pte_t value) __attribute__((warn_unused_result));

#endif
