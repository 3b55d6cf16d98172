/*
 * update.h - one entry of a guest table is written (rules D1 to D4, D6).
 *
 * Callers: direct_mode.c, writable_mode.c, emulate.c.
 */
#ifndef XEN_DIRECT_UPDATE_H
#define XEN_DIRECT_UPDATE_H

#include "xen/direct/direct.h"

struct domain;

/*
 * The entry at machine address address becomes value; address and command as in mode_ops.write_entry. In a validated
 * table value is checked, and the references change hands; a frame that is no table and may be written is written as
 * memory. 0; -XEN_EINVAL: refused, nothing has changed, domain->direct.refusal says why.
 */
int update_entry(struct domain *domain, uint32_t address, pte_t value);

/* The same for entry index of an L1 table. via: enum trace_write_via. */
int update_l1_entry(struct domain *domain, mfn_t table, uint32_t index, pte_t value, uint32_t via);

#endif
