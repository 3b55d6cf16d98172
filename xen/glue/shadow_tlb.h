/*
 * shadow_tlb.h - everything that a domain in shadow mode has in the TLB is forgotten.
 *
 * Callers: shadow_mode.c for the guest, shadow_port.c for the engine.
 */
#ifndef XEN_GLUE_SHADOW_TLB_H
#define XEN_GLUE_SHADOW_TLB_H

#include "shadow/shadow.h"
#include "xen/domain/domain.h"
#include "xen/mm/tlb.h"

/* cause: enum trace_cause. The domain is current. */
static inline void shadow_tlb_flush(const struct domain *domain, uint32_t cause) {
    if (__builtin_expect(shadow_has_global(domain->shadow), 0)) {
        tlb_flush_all(cause);
    } else {
        tlb_flush_non_global(0, cause);
    }
}

#endif
