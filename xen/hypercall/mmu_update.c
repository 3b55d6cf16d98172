/*
 * mmu_update.c - hypercall mmu_update: write page-table entries, or entries of the machine-to-physical table.
 *
 * Source: the comment of HYPERVISOR_mmu_update in <xen/xen.h>; errors as Xen 3.x: -ESRCH foreign domain, -EFAULT list,
 * -ENOSYS command, -EINVAL the rest.
 */
#include <xen/errno.h>

#include "trace/emit.h"
#include "xen/domain/domain.h"
#include "xen/domain/memory.h"
#include "xen/domain/mode.h"
#include "xen/domain/physmap.h"
#include "xen/hypercall/batch.h"
#include "xen/hypercall/foreign.h"
#include "xen/hypercall/table.h"
#include "xen/mm/frame.h"
#include "xen/mm/user_copy.h"

#define COMMAND_MASK (sizeof(pte_t) - 1)

/* Of a frame of the domain whose frames are named. */
static __attribute__((noinline)) int32_t write_machine_to_physical(struct domain *domain, mfn_t mfn, uint32_t pfn,
                                                                   uint32_t foreign) {
    struct domain *owner = foreign_is_self(foreign) ? domain : domain_by_id(foreign & 0xffff);

    if (foreign == DOMID_IO || !owner || owner->translated || !frame_owned_by(owner->id, mfn)) {
        return -XEN_EINVAL;
    }
    memory_set_pfn(owner, mfn, pfn);
    return 0;
}

/* Only I/O memory may be mapped for DOMID_IO, and a domain here has none. */
static inline bool may_map(uint32_t value, uint32_t foreign) {
    return __builtin_expect(foreign != DOMID_IO, 1) || !(value & PTE_P);
}

/* owner: whose numbers an entry holds; NULL: those that the caller's entries hold anyway. */
static inline int32_t carry_out(struct vcpu *vcpu, uint32_t linear, uint32_t foreign, const struct domain *owner) {
    /* machine address with the command, its upper half, value, its upper half (which this geometry does not have) */
    uint32_t request[4];

    if (!read_guest_words(linear, request)) {
        return -XEN_EFAULT;
    }
    if (request[1] != 0) {
        return -XEN_EINVAL;
    }
    uint32_t command = request[0] & COMMAND_MASK;

    if (owner && (request[2] & PTE_P) && command != MMU_MACHPHYS_UPDATE) {
        request[2] = physmap_entry(owner, request[2]);
    }
    if (__builtin_expect(command == MMU_NORMAL_PT_UPDATE || command == MMU_PT_UPDATE_PRESERVE_AD, 1)) {
        return may_map(request[2], foreign) ? vcpu->domain->mode->write_entry(vcpu->domain, request[0], request[2])
                                            : -XEN_EINVAL;
    }
    if (command == MMU_MACHPHYS_UPDATE) {
        return write_machine_to_physical(vcpu->domain, (mfn_t){ request[0] >> PAGE_SHIFT }, request[2], foreign);
    }
    return -XEN_ENOSYS; /* MMU_PT_UPDATE_NO_TRANSLATE came with Xen 4 */
}

static inline int32_t step(struct vcpu *vcpu, uint32_t linear, uint32_t foreign) {
    return carry_out(vcpu, linear, foreign, 0);
}

static int32_t step_foreign(struct vcpu *vcpu, uint32_t linear, uint32_t foreign) {
    return carry_out(vcpu, linear, foreign, domain_by_id(foreign & 0xffff));
}

/* A privileged domain names frames of another. */
static __attribute__((noinline)) int32_t update_foreign(struct vcpu *vcpu, uint32_t *args) {
    uint32_t table_owner = args[3] >> 16;
    int32_t result = table_owner == 0 || table_owner - 1 == DOMID_SELF ? foreign_begin(vcpu->domain, args[3] & 0xffff)
                                                                     : -XEN_ESRCH;

    if (result == 0) {
        result = batch_run(vcpu, args, sizeof(struct mmu_update), step_foreign);
        foreign_end(vcpu->domain);
    }
    return result;
}

int32_t hypercall_mmu_update(struct vcpu *vcpu, uint32_t *args) {
    if (!foreign_is_self(args[3]) && args[3] != DOMID_IO) {
        return update_foreign(vcpu, args);
    }
    return batch_run(vcpu, args, sizeof(struct mmu_update), step);
}
