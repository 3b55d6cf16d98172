/*
 * table.h - from a frame to a validated page table, and back (rules D1, D2, D4, D7, D8).
 *
 * A frame becomes a table when somebody first needs it as one: a directory entry, a pin, a base pointer. All its
 * entries are checked then, and from then on every change of one. Who needs it holds a general and a type reference.
 * When the last of them goes, the table leaves: its entries give up their references.
 *
 *   no type -> [FRAME_PARTIAL: being checked] -> FRAME_VALIDATED -> [FRAME_LEAVING: being given up] -> no type
 *
 * In both states in brackets the type count is 1, held by the state itself (and, while partial, a general reference):
 * nobody else can use the frame as anything.
 * Callers: update.c, direct_mode.c, writable.c.
 */
#ifndef XEN_DIRECT_TABLE_H
#define XEN_DIRECT_TABLE_H

#include "xen/direct/direct.h"
#include "xen/domain/domain.h"
#include "xen/mm/frame.h"

/*
 * struct frame.link of an L1 table: which directory entry uses it, as far as that is known. Below LINK_SAME_INDEX: just
 * this one (link_of).
 */
#define LINK_NONE 0xffffffffu        /* none does */
#define LINK_MANY 0xfffffffeu        /* several do or did */
/* several do or did, all at the index added to this: so it is in no directory twice */
#define LINK_SAME_INDEX 0x80000000u

static inline uint32_t link_of(mfn_t directory, uint32_t index) {
    return directory.n << TABLE_SHIFT | index;
}

/*
 * Take a general and a type reference (FRAME_L1 or FRAME_L2), checking all entries first if mfn is no such table yet.
 * 0; -XEN_ERESTART: not finished within the budget, ask again, nothing taken; -XEN_EINVAL: it cannot be one, nothing
 * has changed, domain->direct.refusal says why.
 */
int table_get(struct domain *domain, mfn_t mfn, enum frame_type type);
/* Put them. The last one lets the table leave: release.h's list. */
void table_put(struct domain *domain, mfn_t mfn);

/*
 * The entry at index of directory (a validated one, or one being checked): take what it needs or put what it holds.
 * directory_get: 0 or -XEN_EINVAL with domain->direct.refusal.
 */
int directory_get(struct domain *domain, mfn_t directory, uint32_t index, pte_t entry);
void directory_put(struct domain *domain, mfn_t directory, uint32_t index, pte_t entry);

/* mfn, whose entries below entries hold references, leaves; its type count is 1. */
void table_leave(struct domain *domain, mfn_t mfn, uint32_t entries);
/* Go on with the tables that leave, as far as the budget goes. True: none is left. */
bool tables_left(struct domain *domain);

/*
 * Keep the entries of mfn in domain->direct.window. False, nothing has changed: it is no validated L1 table of the
 * domain. And forget them: before the table leaves.
 */
bool table_open_window(struct domain *domain, mfn_t mfn);
void table_close_window(struct domain *domain);

/* The same, where mostly the table is the one that the window shows. */
static inline bool table_window(struct domain *domain, mfn_t mfn) {
    return __builtin_expect(domain->direct.window.table.n == mfn.n, 1) || table_open_window(domain, mfn);
}

/* Note the refusal, record it, and return -XEN_EINVAL. */
int table_refuse(struct domain *domain, uint32_t reason, mfn_t table, uint32_t index, pte_t entry);

/* Is mfn a validated table of this type? */
static inline bool is_table(mfn_t mfn, enum frame_type type) {
    return frame_of(mfn)->type == type && (frame_of(mfn)->flags & (FRAME_VALIDATED | FRAME_LEAVING)) == FRAME_VALIDATED;
}

/*
 * Tables are mostly empty, so where all entries are gone through they are looked at in groups first; both sizes of a
 * table are whole groups.
 */
#define ENTRY_GROUP 8u
_Static_assert(TABLE_ENTRIES % ENTRY_GROUP == 0 && HYPERVISOR_L2_FIRST % ENTRY_GROUP == 0, "whole groups");

/* Is none of a group's entries present? They lie in a table that the guest cannot write. */
static inline bool none_present(const pte_t *group) {
    pte_t all = 0;

    for (uint32_t i = 0; i < ENTRY_GROUP; i++) {
        all |= group[i];
    }
    return !(all & PTE_P);
}

/* The first group from index (a group's beginning) on with a present entry, by its first index; TABLE_ENTRIES: none. */
uint32_t table_next_present(const pte_t *entries, uint32_t index);

#endif
