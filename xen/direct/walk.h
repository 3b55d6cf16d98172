/*
 * walk.h - the guest's validated tables, as the hypervisor reads them.
 *
 * Callers: direct_mode.c, writable.c.
 */
#ifndef XEN_DIRECT_WALK_H
#define XEN_DIRECT_WALK_H

#include "xen/direct/direct.h"

struct domain;

/*
 * The L1 table under directory that maps linear, and the index of the entry. -XEN_EINVAL: the directory has no entry
 * for it, or one that is a linear mapping.
 */
int walk_find_l1(mfn_t directory, uint32_t linear, mfn_t *table, uint32_t *index);
/* Entry index of a frame. */
pte_t walk_entry(mfn_t table, uint32_t index);
/*
 * The entry by which a validated table of the domain maps mfn writable: *table, *index, and the linear address that it
 * maps (within the table's 4 MiB only, unless one directory entry leads to the table). False: there is none. Reads
 * every table: for messages.
 */
bool walk_find_writable(struct domain *domain, mfn_t mfn, mfn_t *table, uint32_t *index, uint32_t *linear);

#endif
