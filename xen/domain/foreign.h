/*
 * foreign.h - the frames that a domain does not own and that it may map.
 *
 * They are pages of the heap that the hypervisor shares with it (shared_info, its grant table); frames that it was
 * granted; and, for a privileged domain, all of that of every other domain. Of the granted ones the domain has a
 * small set, which also counts what is held of its own frames that it granted to itself.
 *
 * Rules:
 *  X1. Who holds a frame holds a reference for it, with type FRAME_WRITABLE when it may be written, besides those of
 *  the
 *      entries that map it: its owner cannot get rid of it.
 *  X2. An entry that maps a foreign frame holds references like any other. When permission to map goes, so do such
 *      entries, in every table and every shadow.
 *  X3. In modes that check entries (direct, writable) a domain has no more entries for a granted frame than grants that
 *      are mapped, so that none is left after the last. `entries` is the most that there can be.
 *  X4. In shadow mode `entries` is exactly what the shadows hold.
 *  X5. Whatever changes is told by a domain_grant record.
 * Callers: grant.c, hypercall/grant_map.c; xen/direct and xen/glue where a frame is not the domain's; the audit, end.c.
 */
#ifndef XEN_DOMAIN_FOREIGN_H
#define XEN_DOMAIN_FOREIGN_H

#include <stdbool.h>
#include <stdint.h>

#include "shadow/port.h"

struct domain;

#define FOREIGN_FRAMES 1024u
#define FOREIGN_BUCKETS 1024u

/* domain->foreign_owner: whose frames a privileged domain may map now, in modes that check entries. */
#define FOREIGN_NOBODY 0xfffffffeu
#define FOREIGN_ANYBODY 0xffffffffu

/* Two counts: for reading only, and for writing. */
enum { FOREIGN_READ, FOREIGN_WRITE };

struct foreign_frame {
    mfn_t mfn;
    uint32_t entries[2];             /* X3, X4; of the domain's own frames none are counted */
    uint16_t mapped[2];              /* grants that may be mapped by entries */
    uint16_t held[2];                /* grants */
    uint16_t next;                   /* of the bucket, or of the unused */
};

/* Frames are named by their index; 0 is none. */
struct foreign {
    uint16_t bucket[FOREIGN_BUCKETS];
    uint16_t unused;                 /* those that have been used before */
    uint16_t used;                   /* the highest that has ever been used; beyond it nothing is set */
    struct foreign_frame frame[1 + FOREIGN_FRAMES];
};

/* Is mfn a page of the heap that the hypervisor shares with the domain? */
bool foreign_is_shared(const struct domain *domain, mfn_t mfn);
/* What the domain holds of mfn, or NULL. */
struct foreign_frame *foreign_find(const struct domain *domain, mfn_t mfn);

/*
 * The domain holds the owner's frame mfn, once more: what it holds of it, which stays where it is until it is released.
 * NULL, nothing changed: it is not the owner's, or in use as what may not be written, or there is no room.
 */
struct foreign_frame *foreign_hold(struct domain *domain, uint32_t owner, mfn_t mfn, bool writable);
/* And once less. */
void foreign_release(struct domain *domain, struct foreign_frame *frame, bool writable);
/* One more entry may map what is held; and one less, which is gone already. */
void foreign_permit(const struct domain *domain, struct foreign_frame *frame, bool writable);
void foreign_forbid(struct domain *domain, struct foreign_frame *frame, bool writable);

/*
 * An entry wants a reference to a frame that is not the domain's, as shadow entries take it and put it. False: nothing
 * taken.
 */
__attribute__((cold)) bool foreign_get(struct domain *domain, mfn_t mfn, bool writable);
__attribute__((cold)) void foreign_put(struct domain *domain, mfn_t mfn, bool writable);
/* The same for entries of the guest that are checked (X3), which put what they hold like any other. */
__attribute__((cold)) bool foreign_get_checked(struct domain *domain, mfn_t mfn, bool writable);
/* None of the domain's entries holds anything. */
void foreign_forget_entries(struct domain *domain);

/* Does another domain hold mfn, or may a privileged one have mapped it? */
bool foreign_held_by_others(const struct domain *domain, mfn_t mfn);

void foreign_free(struct domain *domain);

#endif
