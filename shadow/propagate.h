/*
 * propagate.h - guest entry to shadow entry, as pure functions.
 *
 * Rules: S3, S4, S7 as far as one entry decides them. Nothing here reads or writes state. 0 means: no shadow entry
 * may exist. The write right of a shadow entry is decided at the level at which the guest decides it:
 *   - of an ordinary page: the L1 shadow entry carries the L1 guest entry's rights, the link carries the L2 entry's;
 *   - of a 4 MiB page: the link carries the large entry's rights (write only when it is dirty), the pieces grant all
 *     but what concerns their own frame; so pieces can be shared by every large entry that names the same frames;
 *   - of a 4 MiB page in one piece: the one entry carries the large entry's rights, write only when it is dirty.
 * Cache attributes (PWT, PCD) are passed on where a guest page is mapped; not in links, as the table behind them is
 * ours. G is passed on by ordinary pages, and only while the guest's CR4.PGE is on; not by pieces of 4 MiB pages: one
 * INVLPG must forget all of them, also under a base pointer that knows nothing of them. By superpages it is, which one
 * INVLPG forgets. AVAIL and PAT never are.
 * Callers: fill.c, prefetch.c, write.c, audit.c.
 */
#ifndef SHADOW_PROPAGATE_H
#define SHADOW_PROPAGATE_H

#include <stdbool.h>

#include "shadow/port.h"

#define PTE_RIGHTS (PTE_P | PTE_W | PTE_U)
#define PTE_CACHE (PTE_PWT | PTE_PCD)

/* What an L1 entry passes on to its shadow. global: entries may be. */
static inline pte_t passed_on(bool global) {
    return PTE_RIGHTS | PTE_CACHE | (global ? PTE_G : 0);
}

/* Does a guest L2 entry map a 4 MiB page? */
static inline bool is_large(pte_t l2e) {
    return (l2e & PTE_PS) != 0;
}

/* The guest frame that an entry names: first frame of a 4 MiB page for a large one. */
static inline gfn_t entry_frame(pte_t entry) {
    return (gfn_t){entry >> PAGE_SHIFT};
}

static inline gfn_t large_frame(pte_t l2e) {
    return (gfn_t){(l2e & PDE_LARGE_FRAME_MASK) >> PAGE_SHIFT};
}

/* Shadow of a guest L1 entry whose frame is mfn; table: mfn is an in-sync guest table; passed: of passed_on. */
pte_t propagate_l1(pte_t l1e, mfn_t mfn, bool table, pte_t passed);
/* Shadow of a guest L2 entry, large or not: a link to shadow page child. */
pte_t propagate_l2(pte_t l2e, smfn_t child);
/* Shadow of a large guest L2 entry in one piece, with its first frame being mfn (P1 of superpage.h). */
pte_t propagate_superpage(pte_t l2e, mfn_t mfn, pte_t passed);
/* One piece of a 4 MiB page: attributes are PTE_CACHE bits of the large entry. */
pte_t propagate_fl1(uint32_t attributes, mfn_t mfn, bool table);

/*
 * The part of a present shadow entry that may stay when the guest entry now gives wanted: the same frame, and neither a
 * right that it had not before nor more to outlive (G); 0 if none. Rights come back by a fault, which takes the references and writes accessed and
 * dirty.
 */
pte_t retained(pte_t shadow_entry, pte_t wanted);

#endif
