/*
 * update.h - one entry of a guest table is written (rules D1 to D4, D6).
 *
 * Callers: direct_mode.c, writable.c (a disconnected table's entries when it is connected again), emulate.c.
 */
#ifndef XEN_DIRECT_UPDATE_H
#define XEN_DIRECT_UPDATE_H

#include "xen/direct/direct.h"

struct domain;

/*
 * Entry index of table becomes value, with the old entry's accessed and dirty bits as well when preserve_ad. In a
 * validated table value is checked, and the references change hands; a frame that is no table and may be written is
 * written as memory. via: enum trace_write_via.
 * 0; -XEN_EINVAL: refused, nothing has changed, domain->direct.refusal says why.
 */
int update_entry(struct domain *domain, mfn_t table, uint32_t index, pte_t value, bool preserve_ad, uint32_t via);

/* The same for an L1 table that is validated and mapped at entries. */
int update_l1_entry(struct domain *domain, mfn_t table, pte_t *entries, uint32_t index, pte_t value, bool preserve_ad,
                    uint32_t via);

#endif
