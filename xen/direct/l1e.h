/*
 * l1e.h - what an L1 entry may be, and the references that it holds (rule D3).
 *
 * Source of the forbidden bits: Xen 3.x refuses PWT, PCD, PAT and G in a guest's entries; AVAIL is the guest's.
 * Callers: table.c, release.c, update.c, writable.c.
 */
#ifndef XEN_DIRECT_L1E_H
#define XEN_DIRECT_L1E_H

#include "xen/direct/direct.h"
#include "xen/domain/domain.h"
#include "xen/mm/frame.h"
#include "xen/mm/tlb.h"

/* Bits that no present entry of either level may have; bit 7 is PS in an L2 entry, PAT in an L1 entry. */
#define ENTRY_FORBIDDEN (PTE_PWT | PTE_PCD | PTE_PS | PTE_G)

/*
 * Flags of a present entry that stand for no reference. W stands for one in an L1 entry, and in a linear mapping.
 */
#define ENTRY_FREE (PTE_A | PTE_D | PTE_U | PTE_AVAIL)

/* Are both present, and different in nothing but flags? With ENTRY_FREE what one holds is then what the other needs. */
static inline bool entries_differ_in(pte_t old, pte_t new, pte_t flags) {
    return (old & new & PTE_P) && !((old ^ new) & ~flags);
}

/* The rare part of l1e_get; cold, so that the compiler spends on the frequent part. */
__attribute__((cold)) bool l1e_get_special(struct domain *domain, pte_t entry, uint32_t *reason);

/* Take what entry needs. False: it may not be; *reason says why, nothing taken. */
static inline __attribute__((always_inline)) bool l1e_get(struct domain *domain, pte_t entry, uint32_t *reason) {
    mfn_t mfn = { entry >> PAGE_SHIFT };

    if (!(entry & PTE_P)) {
        return true;
    }
    if (__builtin_expect(entry & ENTRY_FORBIDDEN, 0)) {
        return l1e_get_special(domain, entry, reason);
    }
    if (__builtin_expect(entry & PTE_W ? frame_get_with_type(domain->id, mfn, FRAME_WRITABLE)
                                       : frame_get(domain->id, mfn), 1)) {
        return true;
    }
    return l1e_get_special(domain, entry, reason);
}

/* Put what entry holds. The frame stays the domain's: one that is mapped cannot be given back (memory_remove). */
static inline void l1e_put(struct domain *domain, pte_t entry) {
    mfn_t mfn = { entry >> PAGE_SHIFT };

    if (!(entry & PTE_P)) {
        return;
    }
    domain->direct.unmapped_at = tlb_generation;
    if (entry & PTE_W) {
        frame_put_with_type(mfn);
    } else {
        frame_put(mfn);
    }
}

#endif
