/*
 * physmap_change.c - a translated domain changes what its numbers mean; see physmap.h.
 */
#include <xen/errno.h>
#include <xen/memory.h>

#include "xen/domain/foreign.h"
#include "xen/domain/grant.h"
#include "xen/domain/memory.h"
#include "xen/domain/mode.h"
#include "xen/domain/physmap.h"
#include "xen/mm/m2p.h"

int physmap_remove(struct domain *domain, uint32_t number) {
    if (!domain->translated || number >= domain->p2m_size) {
        return -XEN_EINVAL;
    }
    mfn_t mfn = domain->p2m[number];

    if (mfn.n == MFN_NONE) {
        return -XEN_ENOENT;
    }
    if (physmap_is_memory(domain, mfn, number)) {
        return memory_remove(domain, mfn);
    }
    if (!foreign_is_shared(domain, mfn)) {
        return -XEN_EINVAL; /* it goes when the grant is unmapped */
    }
    physmap_take_away(domain, mfn, number);
    m2p_set(mfn, M2P_INVALID);
    return 0;
}

/* The frame that space and index name. 0, or why there is none. */
static int find(struct domain *domain, uint32_t space, uint32_t index, mfn_t *mfn) {
    switch (space) {
    case XENMAPSPACE_shared_info:
        *mfn = domain_shared_info_mfn(domain);
        return index == 0 ? 0 : -XEN_EINVAL;
    case XENMAPSPACE_grant_table:
        if (index >= GRANT_FRAMES) {
            return -XEN_EINVAL;
        }
        if (!grant_table_prepare(domain)) {
            return -XEN_ENOMEM;
        }
        *mfn = grant_table_frame(domain, index);
        return 0;
    case XENMAPSPACE_gmfn:
        *mfn = physmap_translate(domain, index);
        return mfn->n != MFN_NONE && physmap_is_memory(domain, *mfn, index) ? 0 : -XEN_EINVAL;
    default:
        return -XEN_EINVAL;
    }
}

int physmap_add(struct domain *domain, uint32_t space, uint32_t index, uint32_t number) {
    mfn_t mfn;

    if (!domain->translated || number >= domain->p2m_size) {
        return -XEN_EINVAL;
    }
    int result = find(domain, space, index, &mfn);

    if (result != 0 || physmap_number(domain, mfn) == number) {
        return result;
    }
    if (space == XENMAPSPACE_gmfn && !memory_may_leave(domain, mfn)) {
        return -XEN_EINVAL;
    }
    result = physmap_remove(domain, number);
    if (result != 0 && result != -XEN_ENOENT) {
        return result;
    }
    if (space == XENMAPSPACE_gmfn) {
        memory_set_pfn(domain, mfn, number);
    } else {
        physmap_place(domain, mfn, number);
    }
    return 0;
}
