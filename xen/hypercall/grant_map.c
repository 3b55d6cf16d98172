/*
 * grant_map.c - grant_table_op: map a frame that was granted, and unmap it.
 *
 * The guest's page-table entry is written by the mode's own operations, which take and put its references; that they may
 * is what foreign_permit and foreign_forbid say.
 */
#include <stddef.h>

#include <xen/errno.h>

#include "shadow/guest_entry.h"
#include "trace/emit.h"
#include "xen/domain/domain.h"
#include "xen/domain/grant.h"
#include "xen/domain/mode.h"
#include "xen/hypercall/grant_table_op.h"
#include "xen/mm/frame.h"
#include "xen/mm/map_cache.h"
#include "xen/mm/user_copy.h"

#define KINDS (GNTMAP_device_map | GNTMAP_host_map)
#define KEPT (KINDS | GNTMAP_readonly | GNTMAP_contains_pte)

/* Where a mapping's entry is: the linear address that it maps, or with GNTMAP_contains_pte its machine address. */
struct place {
    uint32_t address;
    bool machine;
};

static bool make_place(uint64_t address, uint32_t flags, struct place *place) {
    *place = (struct place){ (uint32_t)address, (flags & GNTMAP_contains_pte) != 0 };
    return address >> 32 == 0 && (place->machine ? address % sizeof(pte_t) == 0 : address < HYPERVISOR_LINEAR_START);
}

static int write_place(struct domain *domain, const struct place *place, pte_t value) {
    return place->machine ? domain->mode->write_entry(domain, place->address, value)
                          : domain->mode->write_l1e(domain, place->address, value);
}

/* 0: nothing is mapped there. */
static pte_t read_place(struct domain *domain, const struct place *place) {
    mfn_t table = { place->address >> PAGE_SHIFT };

    if (!place->machine) {
        return domain->mode->guest_l1e(domain, place->address);
    }
    if (!frame_owned_by(domain->id, table)) {
        return 0;
    }
    const pte_t *entries = map_frame(table);
    pte_t entry = guest_entry_load(&entries[place->address % PAGE_SIZE / sizeof(pte_t)]);

    unmap_frame(entries);
    return entry;
}

static pte_t entry_for(mfn_t mfn, uint32_t flags) {
    return mfn.n << PAGE_SHIFT | PTE_P | PTE_A | PTE_D | (flags & GNTMAP_readonly ? 0 : PTE_W) |
           (flags & GNTMAP_application_map ? PTE_U : 0);
}

static bool map_at(struct domain *domain, uint64_t address, mfn_t mfn, uint32_t flags) {
    bool writable = !(flags & GNTMAP_readonly);
    struct place place;

    if (!make_place(address, flags, &place)) {
        return false;
    }
    foreign_permit(domain, mfn, writable);
    if (write_place(domain, &place, entry_for(mfn, flags)) != 0) {
        foreign_forbid(domain, mfn, writable);
        return false;
    }
    return true;
}

/* The entry is in use; take what the mapping holds. */
static int16_t map_frame_of(struct domain *domain, const struct gnttab_map_grant_ref *op, const struct domain *granter,
                            mfn_t mfn) {
    bool writable = !(op->flags & GNTMAP_readonly);

    if (granter->dying || !foreign_hold(domain, granter->id, mfn, writable)) {
        return GNTST_general_error;
    }
    if ((op->flags & GNTMAP_host_map) && !map_at(domain, op->host_addr, mfn, op->flags)) {
        foreign_release(domain, mfn, writable);
        return GNTST_general_error;
    }
    return GNTST_okay;
}

static int16_t map(struct domain *domain, struct gnttab_map_grant_ref *op) {
    struct domain *granter = domain_by_id(op->dom);
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
    status = grant_use(granter, op->ref, domain, !(op->flags & GNTMAP_readonly), &mfn);
    if (status == GNTST_okay) {
        status = map_frame_of(domain, op, granter, mfn);
        if (status != GNTST_okay) {
            grant_unuse(granter, op->ref, !(op->flags & GNTMAP_readonly));
        }
    }
    if (status != GNTST_okay) {
        grant_handle_give(domain, handle);
        return status;
    }
    *handle = (struct grant_handle){ granter, op->ref, op->flags & KEPT };
    op->handle = number;
    op->dev_bus_addr = (uint64_t)mfn.n << PAGE_SHIFT;
    return GNTST_okay;
}

int32_t grant_map_step(struct vcpu *vcpu, uint32_t linear) {
    const uint32_t results = offsetof(struct gnttab_map_grant_ref, dom);
    struct gnttab_map_grant_ref op;

    if (copy_from_guest(&op, linear, sizeof(op)) != 0) {
        return -XEN_EFAULT;
    }
    op.status = map(vcpu->domain, &op);
    return copy_to_guest(linear + results, &op.dom, sizeof(op) - results) == 0 ? 0 : -XEN_EFAULT;
}

/* The entry maps what the handle stands for, and stops doing so. False: it does not, or cannot be written. */
static bool unmap_at(struct domain *domain, uint64_t address, mfn_t mfn, uint32_t flags) {
    const pte_t decisive = PTE_FRAME_MASK | PTE_P | PTE_W;
    struct place place;

    if (!make_place(address, flags, &place) ||
        ((read_place(domain, &place) ^ entry_for(mfn, flags)) & decisive) != 0 || write_place(domain, &place, 0) != 0) {
        return false;
    }
    foreign_forbid(domain, mfn, !(flags & GNTMAP_readonly));
    return true;
}

static int16_t unmap(struct domain *domain, const struct gnttab_unmap_grant_ref *op) {
    struct grant_handle *handle = grant_handle_find(domain, op->handle);

    if (!handle) {
        return GNTST_bad_handle;
    }
    mfn_t mfn = handle->granter->grants->active[handle->ref].mfn;
    uint32_t left = handle->flags & KINDS;

    if (op->dev_bus_addr >> PAGE_SHIFT != 0) {
        if (op->dev_bus_addr >> PAGE_SHIFT != mfn.n) {
            return GNTST_general_error;
        }
        left &= ~(uint32_t)GNTMAP_device_map;
    }
    if (op->host_addr != 0 && (left & GNTMAP_host_map)) {
        if (!unmap_at(domain, op->host_addr, mfn, handle->flags)) {
            handle->flags = left | (handle->flags & ~(uint32_t)KINDS);
            return GNTST_general_error;
        }
        left &= ~(uint32_t)GNTMAP_host_map;
    }
    handle->flags = left | (handle->flags & ~(uint32_t)KINDS);
    if (left == 0) {
        bool writable = !(handle->flags & GNTMAP_readonly);

        foreign_release(domain, mfn, writable);
        grant_unuse(handle->granter, handle->ref, writable);
        grant_handle_give(domain, handle);
    }
    return GNTST_okay;
}

int32_t grant_unmap_step(struct vcpu *vcpu, uint32_t linear) {
    struct gnttab_unmap_grant_ref op;

    if (copy_from_guest(&op, linear, sizeof(op)) != 0) {
        return -XEN_EFAULT;
    }
    op.status = unmap(vcpu->domain, &op);
    return copy_to_guest(linear + offsetof(struct gnttab_unmap_grant_ref, status), &op.status,
                         sizeof(op.status)) == 0 ? 0 : -XEN_EFAULT;
}

/* X2. An entry may have been used at addresses other than the one that was named. */
void grant_unmap_done(struct vcpu *vcpu) {
    vcpu->domain->mode->flush(vcpu->domain, TRACE_CAUSE_grant_unmap);
}
