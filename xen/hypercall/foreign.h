/*
 * foreign.h - the argument "foreign domain" of mmu_update and mmuext_op: whose frames the entries that are written may
 * name.
 *
 * Source: Xen 3.x: DOMID_SELF, or DOMID_IO in mmu_update; a domain may not give its own number, and another's only when it
 * is privileged. Tables of another domain cannot be written (the upper half of the argument came later).
 */
#ifndef XEN_HYPERCALL_FOREIGN_H
#define XEN_HYPERCALL_FOREIGN_H

#include <stdbool.h>
#include <stdint.h>
#include <xen/errno.h>
#include <xen/xen.h>

#include "xen/domain/domain.h"
#include "xen/domain/foreign.h"

/* Bit of the count argument that marks a call that goes on after it was preempted. */
#define MMU_UPDATE_PREEMPTED 0x80000000u

static inline bool foreign_is_self(uint32_t argument) {
    uint32_t table_owner = argument >> 16;

    return (argument & 0xffff) == DOMID_SELF && (table_owner == 0 || table_owner - 1 == DOMID_SELF);
}

/*
 * Let the domain, which must be privileged, name frames of domain domid in entries until foreign_end. -ESRCH: it is not,
 * or there is no such domain, or it is itself.
 */
static inline int32_t foreign_begin(struct domain *domain, uint32_t domid) {
    const struct domain *owner = domain_by_id(domid);

    if (!domain->privileged || !owner || owner == domain || owner->dying) {
        return -XEN_ESRCH;
    }
    domain->foreign_owner = domid;
    return 0;
}

static inline void foreign_end(struct domain *domain) {
    domain->foreign_owner = FOREIGN_NOBODY;
}

#endif
