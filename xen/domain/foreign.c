/* foreign.c - see foreign.h. All of this is off the frequent paths. */
#include "xen/domain/foreign.h"

#include "trace/emit.h"
#include "xen/domain/domain.h"
#include "xen/domain/grant.h"
#include "xen/domain/mode.h"
#include "xen/mm/frame.h"
#include "xen/mm/heap.h"

#define PAGES ((uint32_t)((sizeof(struct foreign) + PAGE_SIZE - 1) / PAGE_SIZE))

_Static_assert(FOREIGN_FRAMES < FOREIGN_NONE, "indices fit");

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
    for (uint16_t at = *bucket_of(foreign, mfn); at != FOREIGN_NONE; at = foreign->frame[at].next) {
        if (foreign->frame[at].mfn.n == mfn.n) {
            return &foreign->frame[at];
        }
    }
    return 0;
}

static bool prepare(struct domain *domain) {
    if (domain->foreign) {
        return true;
    }
    struct foreign *foreign = domain->foreign = heap_pages(PAGES);

    if (!foreign) {
        return false;
    }
    for (uint32_t i = 0; i < FOREIGN_BUCKETS; i++) {
        foreign->bucket[i] = FOREIGN_NONE;
    }
    for (uint32_t i = 0; i < FOREIGN_FRAMES; i++) {
        foreign->frame[i].next = (uint16_t)(i + 1 < FOREIGN_FRAMES ? i + 1 : FOREIGN_NONE);
    }
    return true;
}

static struct foreign_frame *add(struct domain *domain, mfn_t mfn) {
    struct foreign *foreign = domain->foreign;
    uint16_t at = foreign->unused, *bucket = bucket_of(foreign, mfn);

    if (at == FOREIGN_NONE) {
        return 0;
    }
    foreign->unused = foreign->frame[at].next;
    foreign->frame[at] = (struct foreign_frame){ .mfn = mfn, .next = *bucket };
    *bucket = at;
    return &foreign->frame[at];
}

static void drop(struct domain *domain, const struct foreign_frame *frame) {
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

bool foreign_hold(struct domain *domain, uint32_t owner, mfn_t mfn, bool writable) {
    if (!prepare(domain) || !get_from(owner, mfn, writable)) {
        return false;
    }
    struct foreign_frame *frame = foreign_find(domain, mfn);

    if (!frame) {
        frame = add(domain, mfn);
    }
    if (!frame) {
        put(mfn, writable);
        return false;
    }
    frame->held[writable]++;
    return true;
}

void foreign_release(struct domain *domain, mfn_t mfn, bool writable) {
    struct foreign_frame *frame = foreign_find(domain, mfn);

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

/* X5. */
static void report(const struct domain *domain, const struct foreign_frame *frame, uint32_t before) {
    if (access_of(frame) != before && frame_of(frame->mfn)->owner != domain->id) {
        trace_domain_grant(frame->mfn.n, access_of(frame));
    }
}

void foreign_permit(struct domain *domain, mfn_t mfn, bool writable) {
    struct foreign_frame *frame = foreign_find(domain, mfn);
    uint32_t before = access_of(frame);

    frame->mapped[writable]++;
    report(domain, frame, before);
}

void foreign_forbid(struct domain *domain, mfn_t mfn, bool writable) {
    struct foreign_frame *frame = foreign_find(domain, mfn);
    uint32_t before = access_of(frame);

    frame->mapped[writable]--;
    if (frame_of(mfn)->owner != domain->id) {
        domain->mode->permission_lost(domain, frame);
        report(domain, frame, before);
    }
}

/* May a privileged domain map mfn, as far as permission is what it takes? */
static bool may_map_of_others(const struct domain *domain, mfn_t mfn) {
    if (!domain->privileged || !frame_exists(mfn)) {
        return false;
    }
    const struct domain *owner = domain_by_id(frame_of(mfn)->owner);

    return owner && owner != domain && !owner->dying;
}

/* What a privileged domain may do with such a frame is told when it does it: it may with so many. */
static bool get_of_others(struct domain *domain, mfn_t mfn, bool writable) {
    if (!may_map_of_others(domain, mfn) || !get_from(frame_of(mfn)->owner, mfn, writable)) {
        return false;
    }
    domain->maps_others = true;
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
    return get_shared(domain, mfn, writable) || get_of_others(domain, mfn, writable);
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
    return frame_exists(mfn) &&
           (domain->foreign_owner == FOREIGN_ANYBODY || domain->foreign_owner == frame_of(mfn)->owner) &&
           get_of_others(domain, mfn, writable);
}

void foreign_forget_entries(struct domain *domain) {
    for (uint32_t i = 0; domain->foreign && i < FOREIGN_FRAMES; i++) {
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
