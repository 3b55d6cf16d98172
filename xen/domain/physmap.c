/*
 * physmap.c - numbers and the frames behind them; see physmap.h.
 */
#include "xen/domain/physmap.h"

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

void physmap_take_away(struct domain *domain, mfn_t mfn, uint32_t number) {
    domain->mode->frame_released(domain, mfn);
    domain->p2m[number].n = MFN_NONE;
}

void physmap_place(struct domain *domain, mfn_t mfn, uint32_t number) {
    uint32_t old = physmap_number(domain, mfn);

    if (old != M2P_INVALID) {
        physmap_take_away(domain, mfn, old);
    }
    domain->p2m[number] = mfn;
    m2p_set(mfn, number);
}

bool physmap_is_memory(const struct domain *domain, mfn_t mfn, uint32_t number) {
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
    if (physmap_translate(domain, number).n != mfn.n || physmap_is_memory(domain, mfn, number)) {
        return false;
    }
    physmap_take_away(domain, mfn, number);
    return true;
}
