/* foreign.c - see foreign.h. */
#include "xen/domain/foreign.h"

#include <stddef.h>

#include "trace/emit.h"
#include "xen/domain/domain.h"
#include "xen/domain/grant.h"
#include "xen/domain/mode.h"
#include "xen/mm/frame.h"
#include "xen/mm/heap.h"
#include "xen/lib/string.h"

#define PAGES ((uint32_t)((sizeof(struct foreign) + PAGE_SIZE - 1) / PAGE_SIZE))

_Static_assert(FOREIGN_FRAMES < UINT16_MAX, "indices fit");

bool foreign_is_shared(const struct domain *domain, mfn_t mfn) {
    return mfn.n == domain_shared_info_mfn(domain).n || grant_is_table_frame(domain, mfn);
}

static uint16_t *bucket_of(struct foreign *foreign, mfn_t mfn) {
    return &foreign->bucket[mfn.n % FOREIGN_BUCKETS];
}

struct foreign_frame *foreign_find(const struct domain *domain, mfn_t mfn) {
    struct foreign *foreign = domain->foreign;

    if (!foreign) {
        return 0;
    }
    for (uint16_t at = *bucket_of(foreign, mfn); at != 0; at = foreign->frame[at].next) {
        if (foreign->frame[at].mfn.n == mfn.n) {
            return &foreign->frame[at];
        }
    }
    return 0;
}

/* NULL: no heap left. */
static struct foreign *prepare(struct domain *domain) {
    struct foreign *foreign = domain->foreign = heap_pages_uncleared(PAGES);

    if (foreign) {
        memset(foreign, 0, offsetof(struct foreign, frame));
    }
    return foreign;
}

/* An index that nobody uses; 0: all are used. */
static uint16_t take_unused(struct foreign *foreign) {
    uint16_t at = foreign->unused;

    if (at != 0) {
        foreign->unused = foreign->frame[at].next;
    } else if (foreign->used < FOREIGN_FRAMES) {
        at = ++foreign->used;
    }
    return at;
}

static __attribute__((noinline)) struct foreign_frame *add(struct domain *domain, mfn_t mfn) {
    struct foreign *foreign = domain->foreign;

    if (!foreign && !(foreign = prepare(domain))) {
        return 0;
    }
    uint16_t at = take_unused(foreign), *bucket = bucket_of(foreign, mfn);

    if (at == 0) {
        return 0;
    }
    foreign->frame[at] = (struct foreign_frame){ .mfn = mfn, .next = *bucket };
    *bucket = at;
    return &foreign->frame[at];
}

static __attribute__((noinline)) void drop(struct domain *domain, const struct foreign_frame *frame) {
    struct foreign *foreign = domain->foreign;
    uint16_t *at = bucket_of(foreign, frame->mfn), index;

    while (&foreign->frame[*at] != frame) {
        at = &foreign->frame[*at].next;
    }
    index = *at;
    *at = frame->next;
    foreign->frame[index].next = foreign->unused;
    foreign->unused = index;
}

static __attribute__((noinline, cold)) void tell_owner(mfn_t mfn) {
    struct domain *owner = domain_by_id(frame_of(mfn)->owner);

    if (owner) {
        dirty_log_note(owner, mfn);
    }
}

/* The owner's frame may be written by another domain from now on. */
static inline void note_writable(mfn_t mfn, bool writable) {
    if (__builtin_expect(dirty_logs != 0, 0) && writable) {
        tell_owner(mfn);
    }
}

static inline bool get_from(uint32_t owner, mfn_t mfn, bool writable) {
    return writable ? frame_get_with_type(owner, mfn, FRAME_WRITABLE) : frame_get(owner, mfn);
}

static inline void put(mfn_t mfn, bool writable) {
    if (writable) {
        frame_put_with_type(mfn);
    } else {
        frame_put(mfn);
    }
}

struct foreign_frame *foreign_hold(struct domain *domain, uint32_t owner, mfn_t mfn, bool writable) {
    if (!get_from(owner, mfn, writable)) {
        return 0;
    }
    struct foreign_frame *frame = foreign_find(domain, mfn);

    if (!frame && !(frame = add(domain, mfn))) {
        put(mfn, writable);
        return 0;
    }
    frame->held[writable]++;
    note_writable(mfn, writable);
    return frame;
}

void foreign_release(struct domain *domain, struct foreign_frame *frame, bool writable) {
    mfn_t mfn = frame->mfn;

    frame->held[writable]--;
    if (frame->held[FOREIGN_READ] + frame->held[FOREIGN_WRITE] == 0) {
        drop(domain, frame);
    }
    put(mfn, writable);
}

static uint32_t access_of(const struct foreign_frame *frame) {
    return frame->mapped[FOREIGN_WRITE] != 0  ? TRACE_ACCESS_write
           : frame->mapped[FOREIGN_READ] != 0 ? TRACE_ACCESS_read
                                              : TRACE_ACCESS_none;
}

static bool is_of_another(const struct domain *domain, const struct foreign_frame *frame) {
    return frame_of(frame->mfn)->owner != domain->id;
}

/* X5: the first of its kind came, or the last went. Who may write may read, so that reading then changes nothing. */
static __attribute__((noinline, cold)) void report(const struct domain *domain, const struct foreign_frame *frame, bool writable) {
    if ((writable || frame->mapped[FOREIGN_WRITE] == 0) && is_of_another(domain, frame)) {
        trace_domain_grant(frame->mfn.n, access_of(frame));
    }
}

void foreign_permit(const struct domain *domain, struct foreign_frame *frame, bool writable) {
    if (frame->mapped[writable]++ == 0) {
        report(domain, frame, writable);
    }
}

void foreign_forbid(struct domain *domain, struct foreign_frame *frame, bool writable) {
    frame->mapped[writable]--;
    if (is_of_another(domain, frame)) {
        domain->mode->permission_lost(domain, frame);
    }
    if (frame->mapped[writable] == 0) {
        report(domain, frame, writable);
    }
}

/* Whose memory mfn is: its owner, or the domain that the hypervisor shares it with. NULL: nobody's. */
static const struct domain *whose(mfn_t mfn) {
    if (!frame_exists(mfn)) {
        return 0;
    }
    if (frame_of(mfn)->owner != DOMID_XEN) {
        return domain_by_id(frame_of(mfn)->owner);
    }
    const struct domain *domain = domain_list;

    while (domain && !foreign_is_shared(domain, mfn)) {
        domain = domain->next;
    }
    return domain;
}

/*
 * A privileged domain maps what is owner's; NULL: nobody's. Also of a domain that goes away: what is mapped of it
 * stays so until it is let go, and may be found out by a fault again meanwhile. That it may is told when it does: it
 * may with so many.
 */
static bool get_of_others(struct domain *domain, const struct domain *owner, mfn_t mfn, bool writable) {
    if (!domain->privileged || !owner || owner == domain || !get_from(frame_of(mfn)->owner, mfn, writable)) {
        return false;
    }
    domain->maps_others = true;
    note_writable(mfn, writable);
    trace_domain_grant(mfn.n, TRACE_ACCESS_write);
    return true;
}

static bool get_shared(const struct domain *domain, mfn_t mfn, bool writable) {
    return foreign_is_shared(domain, mfn) && get_from(DOMID_XEN, mfn, writable);
}

__attribute__((noinline)) bool foreign_get(struct domain *domain, mfn_t mfn, bool writable) {
    struct foreign_frame *frame = foreign_find(domain, mfn);

    if (frame_owned_by(domain->id, mfn)) {
        return false;
    }
    if (frame && (frame->mapped[FOREIGN_WRITE] != 0 || (!writable && frame->mapped[FOREIGN_READ] != 0))) {
        if (!get_from(frame_of(mfn)->owner, mfn, writable)) {
            return false;
        }
        frame->entries[writable]++;
        return true;
    }
    return get_shared(domain, mfn, writable) || get_of_others(domain, whose(mfn), mfn, writable);
}

__attribute__((noinline)) void foreign_put(struct domain *domain, mfn_t mfn, bool writable) {
    struct foreign_frame *frame = foreign_find(domain, mfn);

    if (frame && frame->entries[writable] != 0) {
        frame->entries[writable]--;
    }
    put(mfn, writable);
}

bool foreign_get_checked(struct domain *domain, mfn_t mfn, bool writable) {
    struct foreign_frame *frame = foreign_find(domain, mfn);

    if (frame_owned_by(domain->id, mfn)) {
        return false;
    }
    if (frame && frame->entries[writable] < frame->mapped[writable] &&
        get_from(frame_of(mfn)->owner, mfn, writable)) {
        frame->entries[writable]++;
        return true;
    }
    if (get_shared(domain, mfn, writable)) {
        return true;
    }
    if (domain->foreign_owner == FOREIGN_NOBODY) {
        return false;
    }
    const struct domain *owner = whose(mfn);

    return owner && (domain->foreign_owner == FOREIGN_ANYBODY || domain->foreign_owner == owner->id) &&
           get_of_others(domain, owner, mfn, writable);
}

void foreign_forget_entries(struct domain *domain) {
    for (uint32_t i = 1; domain->foreign && i <= domain->foreign->used; i++) {
        domain->foreign->frame[i].entries[FOREIGN_READ] = domain->foreign->frame[i].entries[FOREIGN_WRITE] = 0;
    }
}

bool foreign_held_by_others(const struct domain *domain, mfn_t mfn) {
    for (const struct domain *other = domain_list; other; other = other->next) {
        if (other != domain && (other->maps_others || foreign_find(other, mfn))) {
            return true;
        }
    }
    return false;
}

void foreign_free(struct domain *domain) {
    if (domain->foreign) {
        heap_free(domain->foreign, PAGES);
    }
    domain->foreign = 0;
}
