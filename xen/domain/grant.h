/*
 * grant.h - grant tables, version 1: what a domain lets others do with its frames, and what it does with theirs.
 *
 * The granting side is a table that the domain shares with the hypervisor, and beside it, for the hypervisor only,
 * which entries are in use: how often, by whom, and which frame they meant then. The using side is a list of
 * handles, one a mapping.
 *
 * Rules:
 *  G1. The guest's entry is read once, decided on, and GTF_reading and GTF_writing are set in it by
 *  compare-and-swap; on a
 *      change it is read again, a few times.
 *  G2. While an entry is in use the frame is what it was when its use began, whatever the guest writes there.
 *  G3. A handle holds its frame (foreign.h, X1) and its entry. So the granting domain's structures outlive every
 *  handle:
 *      a domain whose frames are held does not go (end.c).
 * Source: <xen/grant_table.h>; answers as Xen 3.1.
 * Callers: hypercall/grant_*.c, end.c, foreign.c, domain.c, the audit.
 */
#ifndef XEN_DOMAIN_GRANT_H
#define XEN_DOMAIN_GRANT_H

#include <stdbool.h>
#include <stdint.h>
#include <xen/xen.h>
#include <xen/grant_table.h>

#include "shadow/port.h"
#include "xen/domain/foreign.h"

struct domain;

#define GRANT_FRAMES 4u              /* all that a table can have, and has from the beginning */
#define GRANT_ENTRIES (GRANT_FRAMES * (4096u / (uint32_t)sizeof(struct grant_entry_v1)))
#define GRANT_HANDLES FOREIGN_FRAMES

/* An entry in use. */
struct grant_active {
    mfn_t mfn;
    uint16_t domid;                  /* who uses it */
    uint16_t uses, writing;          /* how often; so many of them for writing. 0: not in use */
};

struct grant_table {
    struct grant_entry_v1 *shared;   /* GRANT_FRAMES heap pages */
    struct grant_active active[GRANT_ENTRIES];
};

/* A mapping. */
struct grant_handle {
    struct domain *granter;
    struct foreign_frame *frame;     /* that it holds */
    uint32_t ref;                    /* of an unused one: the next, as in grant_handles.unused */
    uint32_t flags;                  /* GNTMAP_* that are in effect; 0: unused */
};

struct grant_handles {
    uint32_t unused;                 /* the first of those that have been used before: its number and 1; 0: none */
    uint32_t used;                   /* so many have ever been used; beyond them nothing is set */
    struct grant_handle handle[GRANT_HANDLES];
};

/* The domain has a table. False: no heap left. */
bool grant_table_prepare(struct domain *domain);
/* Frame number index of the table, which there is. */
mfn_t grant_table_frame(const struct domain *domain, uint32_t index);
/* Is mfn one of them? */
bool grant_is_table_frame(const struct domain *domain, mfn_t mfn);

/*
 * user uses entry ref of granter, once more. GNTST_okay and its frame; GNTST_bad_gntref: no such entry;
 * GNTST_general_error: it does not grant that, or not to user; nothing changed.
 */
int16_t grant_use(struct domain *granter, uint32_t ref, const struct domain *user, bool writable, mfn_t *mfn);
/* And once less. */
void grant_unuse(struct domain *granter, uint32_t ref, bool writable);

/*
 * user is given entry ref of granter to put a frame there, with that pfn. False: it does not ask for one, or not user, or
 * it is translated and the number in the entry has a frame. The entry is committed, and must be completed: number is
 * what the granter knows the frame by.
 */
bool grant_commit_transfer(struct domain *granter, uint32_t ref, const struct domain *user, uint32_t *pfn);
void grant_complete_transfer(struct domain *granter, uint32_t ref, uint32_t number);

/* An unused handle of the domain, or NULL: none left. Its flags must become other than 0. */
struct grant_handle *grant_handle_take(struct domain *domain, uint32_t *number);
/* The handle of this number that is in use, or NULL. */
struct grant_handle *grant_handle_find(struct domain *domain, uint32_t number);
/* The handle is unused again; and the same for one that stands for a mapping: it lets go what it holds. */
void grant_handle_give(struct domain *domain, struct grant_handle *handle);
void grant_handle_end(struct domain *domain, struct grant_handle *handle);

/* The domain is dying, and nothing of it maps anything any more: it lets go what it holds of others. */
void grant_table_destroy(struct domain *domain);
/* Who refers to the table's frames beyond the hypervisor: a leak, when the domain goes. */
bool grant_table_leaks(const struct domain *domain, mfn_t *mfn);
/* Give the memory back: with the domain. */
void grant_table_free(struct domain *domain);

#endif
