/*
 * propagate.c - guest entry to shadow entry. Rules and callers: propagate.h.
 * Source: Intel SDM volume 3, 4.3, tables 4-4 to 4-6 (formats), 4.6 (rights), 4.8 (accessed and dirty).
 */
#include "shadow/propagate.h"

pte_t propagate_l1(pte_t l1e, mfn_t mfn, bool table, pte_t passed) {
    pte_t rights = l1e & passed;

    if ((l1e & (PTE_P | PTE_A)) != (PTE_P | PTE_A)) {
        return 0;
    }
    if (table || !(l1e & PTE_D)) {
        rights &= ~PTE_W;
    }
    return mfn.n << PAGE_SHIFT | rights;
}

pte_t propagate_l2(pte_t l2e, smfn_t child) {
    pte_t rights = l2e & PTE_RIGHTS;

    if ((l2e & (PTE_P | PTE_A)) != (PTE_P | PTE_A)) {
        return 0;
    }
    if (is_large(l2e)) {
        if (l2e & PDE_LARGE_RESERVED) {
            return 0;
        }
        if (!(l2e & PTE_D)) {
            rights &= ~PTE_W;
        }
    }
    return child.n << PAGE_SHIFT | rights;
}

pte_t propagate_superpage(pte_t l2e, mfn_t mfn, pte_t passed) {
    pte_t rights = propagate_l2(l2e, (smfn_t){0});

    return rights != 0 ? mfn.n << PAGE_SHIFT | rights | (l2e & passed & (PTE_CACHE | PTE_G)) | PTE_PS : 0;
}

pte_t propagate_fl1(uint32_t attributes, mfn_t mfn, bool table) {
    return mfn.n << PAGE_SHIFT | (attributes & PTE_CACHE) | PTE_P | PTE_U | (table ? 0 : PTE_W);
}

pte_t retained(pte_t shadow_entry, pte_t wanted) {
    if (!(wanted & PTE_P) || ((shadow_entry ^ wanted) & PTE_FRAME_MASK)) {
        return 0;
    }
    return wanted & (shadow_entry | ~(PTE_RIGHTS | PTE_G));
}
