/*
 * audit.h - a recount of everything that direct and writable mode keep count of (rules D1 to D6 of direct.h).
 *
 * Callers: the modes' tables of operations.
 */
#ifndef XEN_DIRECT_AUDIT_H
#define XEN_DIRECT_AUDIT_H

#include "xen/boot/options.h"
#include "xen/direct/direct.h"
#include "xen/domain/domain.h"

/*
 * Check every frame and every table of the domain; each finding is a record audit_violation with rule 100 + n. Returns
 * their number, checks made in *checks. Changes nothing.
 */
uint32_t direct_audit(struct domain *domain, uint32_t *checks);

/* The rare part of direct_count_operation. */
void direct_audit_sometimes(struct domain *domain);

/* After an operation on page tables: with audit=full every so often everything is checked. */
static inline void direct_count_operation(struct domain *domain) {
    if (__builtin_expect(boot_options.audit == OPTION_AUDIT_FULL, 0)) {
        direct_audit_sometimes(domain);
    }
}

#endif
