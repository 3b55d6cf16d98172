/* l1e.c - see l1e.h. */
#include "xen/direct/l1e.h"

#include "xen/domain/foreign.h"

bool l1e_get_special(struct domain *domain, pte_t entry, uint32_t *reason) {
    mfn_t mfn = { entry >> PAGE_SHIFT };

    if (entry & ENTRY_FORBIDDEN) {
        *reason = TRACE_REFUSAL_entry_bits;
    } else if (foreign_get_checked(domain, mfn, (entry & PTE_W) != 0)) {
        return true;
    } else if (!frame_owned_by(domain->id, mfn)) {
        *reason = TRACE_REFUSAL_frame_not_owned;
    } else {
        *reason = frame_of(mfn)->count == UINT32_MAX ? TRACE_REFUSAL_count_limit : TRACE_REFUSAL_frame_busy;
    }
    return false;
}
