/*
 * find.c - what the guest's tables say, for the hypervisor's own use. Reads only.
 * Callers: the host, through shadow.h.
 */
#include <stdint.h>

#include <xen/errno.h>

#include "shadow/guest_entry.h"
#include "shadow/propagate.h"
#include "shadow/walk.h"

inline int shadow_find_l1(struct shadow *shadow, uint32_t linear, mfn_t *table, uint32_t *index) {
    pte_t l2e = linear < shadow->linear_end ? guest_entry_load(&shadow->base_table[l2_index(linear)]) : 0;

    if ((l2e & (PTE_P | PTE_PS)) != PTE_P || !shadow_port_frame_of(shadow->domain, entry_frame(l2e), table) ||
        !shadow_port_owns(shadow->domain, *table)) {
        return -XEN_EINVAL;
    }
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
    return walk.frame.n << PAGE_SHIFT | walk.l1e % PAGE_SIZE;
}
