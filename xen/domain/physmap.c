/*
 * physmap.c - see physmap.h.
 */
#include "xen/domain/physmap.h"

#include <xen/errno.h>
#include <xen/memory.h>

#include "xen/domain/foreign.h"
#include "xen/domain/grant.h"
#include "xen/domain/memory.h"
#include "xen/domain/mode.h"
#include "xen/mm/frame.h"
#include "xen/mm/m2p.h"

mfn_t physmap_translate(const struct domain *domain, uint32_t number) {
    return domain->translated && number < domain->p2m_size ? domain->p2m[number] : (mfn_t){ MFN_NONE };
}

uint32_t physmap_number(const struct domain *domain, mfn_t mfn) {
    if (!domain->translated) {
        return mfn.n;
    }
    uint32_t number = m2p_get(mfn);

    return physmap_translate(domain, number).n == mfn.n ? number : M2P_INVALID;
}

/* Nothing leads to mfn any more: its number may go. */
static void take_away(struct domain *domain, mfn_t mfn, uint32_t number) {
    domain->mode->frame_released(domain, mfn);
    domain->p2m[number].n = MFN_NONE;
}

void physmap_place(struct domain *domain, mfn_t mfn, uint32_t number) {
    uint32_t old = physmap_number(domain, mfn);

    if (old != M2P_INVALID) {
        take_away(domain, mfn, old);
    }
    domain->p2m[number] = mfn;
    m2p_set(mfn, number);
}

/* Is mfn the domain's own, and this its number? Otherwise it has it for a grant, or is shared. */
static bool is_memory(const struct domain *domain, mfn_t mfn, uint32_t number) {
    return frame_owned_by(domain->id, mfn) && m2p_get(mfn) == number;
}

bool physmap_map(struct domain *domain, mfn_t mfn, uint32_t number) {
    if (!physmap_is_free(domain, number)) {
        return false;
    }
    domain->p2m[number] = mfn;
    return true;
}

bool physmap_unmap(struct domain *domain, mfn_t mfn, uint32_t number) {
    if (physmap_translate(domain, number).n != mfn.n || is_memory(domain, mfn, number)) {
        return false;
    }
    take_away(domain, mfn, number);
    return true;
}

int physmap_remove(struct domain *domain, uint32_t number) {
    if (!domain->translated || number >= domain->p2m_size) {
        return -XEN_EINVAL;
    }
    mfn_t mfn = domain->p2m[number];

    if (mfn.n == MFN_NONE) {
        return -XEN_ENOENT;
    }
    if (is_memory(domain, mfn, number)) {
        return memory_remove(domain, mfn);
    }
    if (!foreign_is_shared(domain, mfn)) {
        return -XEN_EINVAL; /* it goes when the grant is unmapped */
    }
    take_away(domain, mfn, number);
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
        return mfn->n != MFN_NONE && is_memory(domain, *mfn, index) ? 0 : -XEN_EINVAL;
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

    if (result != 0 || domain->p2m[number].n == mfn.n) {
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
