/*
 * sample.h - working-set sampling: which frames has the guest used since it was last asked?
 *
 * The processor sets the accessed bit of each shadow entry that it uses. Sampling clears those bits, and only those:
 * the guest's own entries keep theirs. Numbered rules:
 *
 * A1   A frame has been used when the accessed bit of one of its leaf entries is set, or its mark in shadow->seen is.
 *      Harvesting moves the former into the latter.
 * A2   A leaf entry that goes, or gets another frame, leaves its accessed bit in the mark: reclaim, a guest that
 *      changes its tables, or that clears its own accessed bit, loses nothing.
 * A3   After a harvest everything is forgotten before anybody runs: a TLB that still held a translation would use it
 *      without a walk, so that the bit would not come back; and F8 takes a clear bit for a promise that none does. So
 *      also when an entry had gone already, and forgetting it was put off.
 * A4   A store to a table that is emulated uses the frame without an entry: it sets the mark.
 * A5   What only the hypervisor does is no use by the guest: reading its tables, filling entries, writing whole frames.
 *
 * While samples are taken 4 MiB pages are shadowed in pieces (P5 of superpage.h), so that each frame has its bit.
 * The accessed bits of links stay: they only say that a walk went that way (F8), and the processor needs no flush
 * for that.
 * Callers: set.c, emulate.c; the host through shadow.h.
 */
#ifndef SHADOW_SAMPLE_H
#define SHADOW_SAMPLE_H

#include "shadow/marks.h"
#include "shadow/types.h"

/* A2: old, a leaf entry, is gone; A4: or stands for a store that was emulated. Nothing unless the processor used it. */
static inline void note_used(struct shadow *shadow, pte_t old) {
    if (__builtin_expect(shadow->seen != NULL, 0) && (old & PTE_A)) {
        set_mark(shadow->seen, old >> PAGE_SHIFT);
    }
}

#endif
