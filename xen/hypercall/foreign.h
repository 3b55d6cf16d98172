/*
 * foreign.h - the argument "foreign domain" of mmu_update and mmuext_op: whose frames the entries that are written may
 * name; whose frames are pinned, unpinned, cleared and copied.
 *
 * Source: Xen 3.x: DOMID_SELF, or DOMID_IO; a domain may not give its own number, and another's only when
 * it is privileged. Entries of another's tables cannot be written (the upper half of the argument came later).
 */
#ifndef XEN_HYPERCALL_FOREIGN_H
#define XEN_HYPERCALL_FOREIGN_H

#include <stdbool.h>
#include <stdint.h>
#include <xen/errno.h>
#include <xen/xen.h>

#include "xen/direct/table.h"
#include "xen/domain/domain.h"
#include "xen/domain/foreign.h"

/* Bit of the count argument that marks a call that goes on after it was preempted. */
#define MMU_UPDATE_PREEMPTED 0x80000000u

static inline bool foreign_is_self(uint32_t argument) {
    uint32_t table_owner = argument >> 16;

    return (argument & 0xffff) == DOMID_SELF && (table_owner == 0 || table_owner - 1 == DOMID_SELF);
}

/* The domain of this number that the domain may name. NULL: it is not privileged, or there is none, or it is itself. */
static inline struct domain *foreign_domain(const struct domain *domain, uint32_t domid) {
    struct domain *other = domain_by_id(domid);

    return domain->privileged && other && other != domain && !other->dying ? other : 0;
}

/* Let the domain name frames of domain domid in entries until foreign_end. -ESRCH: it may not. */
static inline int32_t foreign_begin(struct domain *domain, uint32_t domid) {
    if (!foreign_domain(domain, domid)) {
        return -XEN_ESRCH;
    }
    domain->foreign_owner = domid;
    return 0;
}

/*
 * Work on the tables of another domain begins, or goes on: true. False: it has used up what a hypercall may, and the
 * caller is to be preempted. Tables that leave come first, as with a hypercall of its own.
 */
static inline bool foreign_tables_ready(struct domain *other) {
    return tables_left(other) && other->direct.budget != 0;
}

static inline void foreign_end(struct domain *domain) {
    domain->foreign_owner = FOREIGN_NOBODY;
}

#endif
