/*
 * find.c - what the guest's tables say, for the hypervisor's own use. Reads only.
 * Callers: the host, through shadow.h.
 */
#include <stdint.h>

#include <xen/errno.h>

#include "shadow/propagate.h"
#include "shadow/walk.h"

int shadow_find_l1(struct shadow *shadow, uint32_t linear, mfn_t *table, uint32_t *index) {
    struct walk walk;

    (void)walk_begin(shadow, linear, 0, &walk);
    if (walk.l1_entry == NULL) {
        return -XEN_EINVAL;
    }
    walk_end(&walk);
    *table = walk.l1_table;
    *index = l1_index(linear);
    return 0;
}

pte_t shadow_guest_l1e(struct shadow *shadow, uint32_t linear) {
    struct walk walk;
    bool allowed = walk_begin(shadow, linear, 0, &walk);

    walk_end(&walk);
    if (!allowed) {
        return 0;
    }
    if (walk.large) {
        return walk.frame.n << PAGE_SHIFT | (walk.l2e & ~(PDE_LARGE_FRAME_MASK | PDE_LARGE_RESERVED | PTE_PS |
                                                          1u << PAGE_SHIFT));
    }
    return walk.l1e;
}
