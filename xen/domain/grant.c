/* grant.c - see grant.h. */
#include "xen/domain/grant.h"

#include "trace/emit.h"
#include "xen/domain/domain.h"
#include "xen/domain/physmap.h"
#include "xen/mm/frame.h"
#include "xen/mm/heap.h"
#include "xen/mm/m2p.h"

#define PAGES(bytes) ((uint32_t)(((bytes) + PAGE_SIZE - 1) / PAGE_SIZE))
#define TABLE_PAGES PAGES(sizeof(struct grant_table))
#define HANDLES_PAGES PAGES(sizeof(struct grant_handles))
#define TRIES 5u                     /* as Xen: the guest may be changing the entry */

_Static_assert(sizeof(struct grant_entry_v1) == 8 && sizeof(struct grant_active) == 12, "sizes that bounds count on");

bool grant_table_prepare(struct domain *domain) {
    if (domain->grants) {
        return true;
    }
    struct grant_table *table = heap_pages(TABLE_PAGES);

    if (!table) {
        return false;
    }
    table->shared = heap_pages(GRANT_FRAMES);
    if (!table->shared) {
        heap_free(table, TABLE_PAGES);
        return false;
    }
    domain->grants = table;
    for (uint32_t index = 0; index < GRANT_FRAMES; index++) {
        frame_of(grant_table_frame(domain, index))->count = 1; /* counted from here on, the first is the hypervisor's */
        trace_domain_grant(grant_table_frame(domain, index).n, TRACE_ACCESS_write);
        if (domain->translated && physmap_is_free(domain, physmap_room(domain) + index)) {
            physmap_place(domain, grant_table_frame(domain, index), physmap_room(domain) + index);
        }
    }
    return true;
}

mfn_t grant_table_frame(const struct domain *domain, uint32_t index) {
    return (mfn_t){ (physical_of(domain->grants->shared) >> PAGE_SHIFT) + index };
}

bool grant_is_table_frame(const struct domain *domain, mfn_t mfn) {
    return domain->grants && mfn.n - grant_table_frame(domain, 0).n < GRANT_FRAMES;
}

/* The part of an entry that is changed as a whole: flags, and above them the domain. */
static uint32_t *word_of(struct grant_entry_v1 *entry) {
    return (uint32_t *)(void *)entry;
}

static bool swap(struct grant_entry_v1 *entry, uint32_t expected, uint32_t value) {
    return __sync_bool_compare_and_swap(word_of(entry), expected, value);
}

static uint32_t load(struct grant_entry_v1 *entry) {
    return *(const volatile uint32_t *)word_of(entry);
}

/* Set in the guest's entry what says that it is in use (G1). used: it is in use already, and what it said then holds. */
static __attribute__((noinline)) bool mark(struct grant_entry_v1 *entry, uint32_t domid, bool writable, bool used) {
    for (uint32_t tries = 0; tries < TRIES; tries++) {
        uint32_t word = load(entry);

        if (!used && ((word & GTF_type_mask) != GTF_permit_access || word >> 16 != domid)) {
            return false;
        }
        if (writable && (word & GTF_readonly)) {
            return false;
        }
        if (swap(entry, word, word | GTF_reading | (writable ? GTF_writing : 0))) {
            return true;
        }
    }
    return false;
}

inline int16_t grant_use(struct domain *granter, uint32_t ref, const struct domain *user, bool writable, mfn_t *mfn) {
    if (ref >= GRANT_ENTRIES) {
        return GNTST_bad_gntref;
    }
    if (!granter->grants) {
        return GNTST_general_error; /* nothing is granted */
    }
    struct grant_active *active = &granter->grants->active[ref];
    struct grant_entry_v1 *entry = &granter->grants->shared[ref];
    bool used = active->uses != 0;

    if (used && (active->domid != user->id || active->uses == UINT16_MAX)) {
        return GNTST_general_error;
    }
    if ((!used || (writable && active->writing == 0)) && !mark(entry, user->id, writable, used)) {
        return GNTST_general_error;
    }
    if (!used) {
        active->domid = (uint16_t)user->id;
        active->mfn = physmap_frame(granter, *(const volatile uint32_t *)&entry->frame);
    }
    active->uses++;
    active->writing = (uint16_t)(active->writing + writable);
    *mfn = active->mfn;
    return GNTST_okay;
}

void grant_unuse(struct domain *granter, uint32_t ref, bool writable) {
    struct grant_active *active = &granter->grants->active[ref];
    uint32_t *word = word_of(&granter->grants->shared[ref]);

    active->uses--;
    active->writing = (uint16_t)(active->writing - writable);
    if (writable && active->writing == 0) {
        __sync_fetch_and_and(word, ~(uint32_t)GTF_writing);
    }
    if (active->uses == 0) {
        __sync_fetch_and_and(word, ~(uint32_t)GTF_reading);
    }
}

bool grant_commit_transfer(struct domain *granter, uint32_t ref, const struct domain *user, uint32_t *pfn) {
    if (ref >= GRANT_ENTRIES || !granter->grants) {
        return false;
    }
    struct grant_entry_v1 *entry = &granter->grants->shared[ref];

    *pfn = granter->translated ? *(const volatile uint32_t *)&entry->frame : M2P_INVALID;
    if (granter->translated && !physmap_is_free(granter, *pfn)) {
        return false;
    }
    for (uint32_t tries = 0; tries < TRIES; tries++) {
        uint32_t word = load(entry);

        if ((word & 0xffff) != GTF_accept_transfer || word >> 16 != user->id) {
            return false;
        }
        if (swap(entry, word, word | GTF_transfer_committed)) {
            return true;
        }
    }
    return false;
}

void grant_complete_transfer(struct domain *granter, uint32_t ref, uint32_t number) {
    struct grant_entry_v1 *entry = &granter->grants->shared[ref];

    *(volatile uint32_t *)&entry->frame = number;
    __sync_fetch_and_or(word_of(entry), GTF_transfer_completed); /* after the frame */
}

/* NULL: no heap left. */
static __attribute__((noinline, cold)) struct grant_handles *make_handles(struct domain *domain) {
    struct grant_handles *handles = domain->grant_handles = heap_pages_uncleared(HANDLES_PAGES);

    if (handles) {
        handles->unused = handles->used = 0;
    }
    return handles;
}

struct grant_handle *grant_handle_take(struct domain *domain, uint32_t *number) {
    struct grant_handles *handles = domain->grant_handles;

    if (!handles && !(handles = make_handles(domain))) {
        return 0;
    }
    if (handles->unused != 0) {
        *number = handles->unused - 1;
        handles->unused = handles->handle[*number].ref;
    } else if (handles->used < GRANT_HANDLES) {
        *number = handles->used++;
    } else {
        return 0;
    }
    return &handles->handle[*number];
}

struct grant_handle *grant_handle_find(struct domain *domain, uint32_t number) {
    struct grant_handles *handles = domain->grant_handles;

    return handles && number < handles->used && handles->handle[number].flags != 0 ? &handles->handle[number] : 0;
}

void grant_handle_give(struct domain *domain, struct grant_handle *handle) {
    struct grant_handles *handles = domain->grant_handles;

    handle->flags = 0;
    handle->ref = handles->unused;
    handles->unused = (uint32_t)(handle - handles->handle) + 1;
}

void grant_handle_end(struct domain *domain, struct grant_handle *handle) {
    bool writable = !(handle->flags & GNTMAP_readonly);

    foreign_release(domain, handle->frame, writable);
    grant_unuse(handle->granter, handle->ref, writable);
    grant_handle_give(domain, handle);
}

void grant_table_destroy(struct domain *domain) {
    for (uint32_t i = 0; i < GRANT_HANDLES; i++) {
        struct grant_handle *handle = grant_handle_find(domain, i);

        if (handle) {
            grant_handle_end(domain, handle);
        }
    }
}

bool grant_table_leaks(const struct domain *domain, mfn_t *mfn) {
    for (uint32_t index = 0; domain->grants && index < GRANT_FRAMES; index++) {
        *mfn = grant_table_frame(domain, index);
        if (frame_of(*mfn)->count != 1) {
            return true;
        }
    }
    return false;
}

void grant_table_free(struct domain *domain) {
    if (domain->grants) {
        for (uint32_t index = 0; index < GRANT_FRAMES; index++) {
            frame_of(grant_table_frame(domain, index))->count = 0;
            m2p_set(grant_table_frame(domain, index), M2P_INVALID);
        }
        heap_free(domain->grants->shared, GRANT_FRAMES);
        heap_free(domain->grants, TABLE_PAGES);
    }
    if (domain->grant_handles) {
        heap_free(domain->grant_handles, HANDLES_PAGES);
    }
    domain->grants = 0;
    domain->grant_handles = 0;
}
