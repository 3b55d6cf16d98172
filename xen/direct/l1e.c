/* l1e.c - see l1e.h. */
#include "xen/direct/l1e.h"

/*
 * The one frame that is not the domain's and that it may map is its shared_info; references to it are counted as to any
 * other.
 */
static bool get_shared_info(struct domain *domain, mfn_t mfn, bool writable) {
    return mfn.n == domain_shared_info_mfn(domain).n &&
           (writable ? frame_get_with_type(DOMID_XEN, mfn, FRAME_WRITABLE) : frame_get(DOMID_XEN, mfn));
}

bool l1e_get_special(struct domain *domain, pte_t entry, uint32_t *reason) {
    mfn_t mfn = { entry >> PAGE_SHIFT };

    if (entry & ENTRY_FORBIDDEN) {
        *reason = TRACE_REFUSAL_entry_bits;
    } else if (get_shared_info(domain, mfn, entry & PTE_W)) {
        return true;
    } else if (!frame_owned_by(domain->id, mfn)) {
        *reason = TRACE_REFUSAL_frame_not_owned;
    } else {
        *reason = frame_of(mfn)->count == UINT32_MAX ? TRACE_REFUSAL_count_limit : TRACE_REFUSAL_frame_busy;
    }
    return false;
}
