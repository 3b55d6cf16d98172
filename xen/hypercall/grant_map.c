/*
 * grant_map.c - grant_table_op: map a frame that was granted, and unmap it.
 *
 * The guest's page-table entry is written by the mode's own operations, which take and put its references; that they
 * may is what foreign_permit and foreign_forbid say. A translated domain's entries could not name the frame: host_addr is
 * the address, in its numbers, where the frame is to be (as Xen does it for its domains without page tables of their
 * own), and entries come and go as the guest likes.
 */
#include <stddef.h>

#include "shadow/guest_entry.h"
#include "trace/emit.h"
#include "xen/domain/domain.h"
#include "xen/domain/grant.h"
#include "xen/domain/mode.h"
#include "xen/domain/physmap.h"
#include "xen/hypercall/grant_table_op.h"
#include "xen/mm/frame.h"
#include "xen/mm/map_cache.h"

#define KINDS (GNTMAP_device_map | GNTMAP_host_map)
#define KEPT (KINDS | GNTMAP_readonly | GNTMAP_contains_pte)

/*
 * Where a mapping's entry is: the linear address that it maps, or with GNTMAP_contains_pte its machine address.
 * False: it is not there, or may not be written so.
 */
static bool write_at(struct domain *domain, uint64_t where, uint32_t flags, pte_t value) {
    uint32_t address = (uint32_t)where;

    if (where >> 32 != 0) {
        return false;
    }
    if (flags & GNTMAP_contains_pte) {
        return address % sizeof(pte_t) == 0 && domain->mode->write_entry(domain, address, value) == 0;
    }
    return address < HYPERVISOR_LINEAR_START && domain->mode->write_l1e(domain, address, value) == 0;
}

static pte_t read_entry(uint32_t address) {
    const pte_t *entries = map_frame((mfn_t){ address >> PAGE_SHIFT });
    pte_t entry = guest_entry_load(&entries[address % PAGE_SIZE / sizeof(pte_t)]);

    unmap_frame(entries);
    return entry;
}

/* The entry there is a mapping like expected, and none afterwards. */
static bool clear_at(struct domain *domain, uint64_t where, uint32_t flags, pte_t expected) {
    uint32_t address = (uint32_t)where;

    if (where >> 32 != 0) {
        return false;
    }
    if (flags & GNTMAP_contains_pte) {
        return frame_owned_by(domain->id, (mfn_t){ address >> PAGE_SHIFT }) &&
               same_mapping(read_entry(address), expected) && write_at(domain, where, flags, 0);
    }
    return address < HYPERVISOR_LINEAR_START && domain->mode->clear_l1e(domain, address, expected) == 0;
}

/* What tells a mapping of mfn from others; and all of its entry. */
static pte_t mapping_of(mfn_t mfn, bool writable) {
    return mfn.n << PAGE_SHIFT | PTE_P | (writable ? PTE_W : 0);
}

static pte_t entry_for(mfn_t mfn, uint32_t flags, bool writable) {
    return mapping_of(mfn, writable) | PTE_A | PTE_D | (flags & GNTMAP_application_map ? PTE_U : 0);
}

/* The frame gets a number in a translated domain; and gives it up. False: not this one. */
static __attribute__((noinline, cold)) bool map_number(struct domain *domain, uint64_t where, uint32_t flags,
                                                       mfn_t mfn) {
    return where >> 32 == 0 && where % PAGE_SIZE == 0 && (flags & ~(uint32_t)GNTMAP_readonly) == GNTMAP_host_map &&
           physmap_map(domain, mfn, (uint32_t)where >> PAGE_SHIFT);
}

static __attribute__((noinline, cold)) bool unmap_number(struct domain *domain, uint64_t where, mfn_t mfn) {
    return where >> 32 == 0 && where % PAGE_SIZE == 0 && physmap_unmap(domain, mfn, (uint32_t)where >> PAGE_SHIFT);
}

static bool map_at(struct domain *domain, uint64_t where, struct foreign_frame *frame, uint32_t flags, bool writable) {
    foreign_permit(domain, frame, writable);
    if (__builtin_expect(domain->translated, 0)
            ? !map_number(domain, where, flags, frame->mfn)
            : !write_at(domain, where, flags, entry_for(frame->mfn, flags, writable))) {
        foreign_forbid(domain, frame, writable);
        return false;
    }
    return true;
}

/* The entry of the grant is in use; take what the mapping holds. NULL: nothing taken. */
static struct foreign_frame *map_frame_of(struct domain *domain, const struct gnttab_map_grant_ref *op,
                                          const struct domain *granter, mfn_t mfn, bool writable) {
    struct foreign_frame *frame = granter->dying ? 0 : foreign_hold(domain, granter->id, mfn, writable);

    if (frame && (op->flags & GNTMAP_host_map) && !map_at(domain, op->host_addr, frame, op->flags, writable)) {
        foreign_release(domain, frame, writable);
        return 0;
    }
    return frame;
}

static int16_t map(struct domain *domain, struct gnttab_map_grant_ref *op) {
    bool writable = !(op->flags & GNTMAP_readonly);
    struct domain *granter = domain_by_id(op->dom);
    struct foreign_frame *frame = 0;
    struct grant_handle *handle;
    uint32_t number;
    int16_t status;
    mfn_t mfn;

    if (!(op->flags & KINDS)) {
        return GNTST_bad_gntref;
    }
    if (!granter) {
        return GNTST_bad_domain;
    }
    handle = grant_handle_take(domain, &number);
    if (!handle) {
        return GNTST_no_device_space;
    }
    status = grant_use(granter, op->ref, domain, writable, &mfn);
    if (status == GNTST_okay && !(frame = map_frame_of(domain, op, granter, mfn, writable))) {
        grant_unuse(granter, op->ref, writable);
        status = GNTST_general_error;
    }
    if (status != GNTST_okay) {
        grant_handle_give(domain, handle);
        return status;
    }
    *handle = (struct grant_handle){ granter, frame, op->ref, op->flags & KEPT };
    op->handle = number;
    op->dev_bus_addr = (uint64_t)mfn.n << PAGE_SHIFT;
    return GNTST_okay;
}

static void map_step(struct domain *domain, void *element) {
    struct gnttab_map_grant_ref *op = element;

    op->status = map(domain, op);
}

int32_t grant_map(struct vcpu *vcpu, uint32_t *args) {
    return grant_run_list(vcpu, args, sizeof(struct gnttab_map_grant_ref), offsetof(struct gnttab_map_grant_ref, dom),
                          32, map_step, 0);
}

/* The entry maps what the handle stands for, and stops doing so. False: it does not, or cannot be written. */
static bool unmap_at(struct domain *domain, uint64_t where, struct foreign_frame *frame, uint32_t flags) {
    bool writable = !(flags & GNTMAP_readonly);

    if (__builtin_expect(domain->translated, 0) ? !unmap_number(domain, where, frame->mfn)
                                                : !clear_at(domain, where, flags, mapping_of(frame->mfn, writable))) {
        return false;
    }
    foreign_forbid(domain, frame, writable);
    return true;
}

static int16_t unmap(struct domain *domain, const struct gnttab_unmap_grant_ref *op) {
    struct grant_handle *handle = grant_handle_find(domain, op->handle);

    if (!handle) {
        return GNTST_bad_handle;
    }
    if (op->dev_bus_addr >> PAGE_SHIFT != 0) {
        if (op->dev_bus_addr >> PAGE_SHIFT != handle->frame->mfn.n) {
            return GNTST_general_error;
        }
        handle->flags &= ~(uint32_t)GNTMAP_device_map;
    }
    if (op->host_addr != 0 && (handle->flags & GNTMAP_host_map)) {
        if (!unmap_at(domain, op->host_addr, handle->frame, handle->flags)) {
            return GNTST_general_error;
        }
        handle->flags &= ~(uint32_t)GNTMAP_host_map;
    }
    if (!(handle->flags & KINDS)) {
        grant_handle_end(domain, handle);
    }
    return GNTST_okay;
}

static void unmap_step(struct domain *domain, void *element) {
    struct gnttab_unmap_grant_ref *op = element;

    op->status = unmap(domain, op);
}

/* X2. An entry may have been used at addresses other than the one that was named. */
static void flush(struct vcpu *vcpu) {
    vcpu->domain->mode->flush(vcpu->domain, TRACE_CAUSE_grant_unmap);
}

int32_t grant_unmap(struct vcpu *vcpu, uint32_t *args) {
    return grant_run_list(vcpu, args, sizeof(struct gnttab_unmap_grant_ref),
                          offsetof(struct gnttab_unmap_grant_ref, status), 32, unmap_step, flush);
}
