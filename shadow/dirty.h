/*
 * dirty.h - log-dirty: which frames have been written since they were last cleaned?
 *
 * While the log is on, every machine frame has a mark in shadow->dirty. Numbered rules; the audit names S12 for W1:
 *
 * W1   A leaf entry is writable only if its frame is marked. set_entry, the only writer (S2), sees to it: it withholds
 *      the write right from an entry of a frame without a mark, whoever asks and whatever for. So the first store to a
 *      clean frame faults, whichever of its addresses it uses, in whatever policy its tables are.
 * W2   A write fault marks the frame before its entry is made: the store that follows is never earlier than its mark.
 *      So are the hypervisor's own copies to guest addresses, which fault in the same way.
 * W3   What writes guest memory without an entry marks the frame itself: an emulated store to a table, accessed and
 *      dirty written back by the walker, an entry written by hypercall, a frame written by the host.
 * W4   A frame that somebody besides the shadow entries may write (a mapping of another domain, a grant, the processor
 *      in a descriptor table) was marked when that began, and cleaning leaves its mark: it is dirty in every report
 *      until that has ended, and once more.
 * W5   Cleaning takes the write right from every entry of the frame (S6: the reverse map knows all), clears the
 *      mark, and makes every TLB forget (F2) before anybody runs: unless W4.
 * W6   The log begins with every frame marked, which takes nothing away from anybody but superpages (P5 of
 *      superpage.h); who begins it cleans what it wants to hear of. It ends by being gone: entries get their rights
 *      back by faults.
 * W7   A mark says "may have been written". It is exact for stores: a frame that nobody wrote, by whatever W2-W4 name,
 *      has none. A store that writes what was there counts; an instruction that faulted for another reason does not.
 *
 * The granularity is 4 KiB always: while the log is on 4 MiB pages are shadowed in such pieces.
 * Callers: set.c, fault.c, emulate.c, walk.c, write.c; the host through shadow.h.
 */
#ifndef SHADOW_DIRTY_H
#define SHADOW_DIRTY_H

#include "shadow/marks.h"
#include "shadow/types.h"

/* W3: mfn, a frame of the machine, has been written, or will be before the guest runs. */
static inline void note_written(struct shadow *shadow, mfn_t mfn) {
    if (__builtin_expect(shadow->dirty != NULL, 0)) {
        set_mark(shadow->dirty, mfn.n);
    }
}

/* W1: what of value, a leaf entry, may be now. */
static inline pte_t withhold_write(const struct shadow *shadow, pte_t value) {
    return value & PTE_W && !is_marked(shadow->dirty, value >> PAGE_SHIFT) ? value & ~PTE_W : value;
}

/* W2: a store to mfn faulted. The log is on. */
void dirty_fault(struct shadow *shadow, mfn_t mfn);

#endif
