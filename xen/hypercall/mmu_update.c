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
#include "xen/hypercall/batch.h"
#include "xen/hypercall/foreign.h"
#include "xen/hypercall/table.h"
#include "xen/mm/frame.h"
#include "xen/mm/user_copy.h"

#define COMMAND_MASK (sizeof(pte_t) - 1)

static int32_t write_entry(struct domain *domain, const struct mmu_update *request, bool preserve_ad,
                           uint32_t foreign) {
    pte_t value = (pte_t)request->val;

    if (foreign == DOMID_IO && (value & PTE_P)) {
        return -XEN_EINVAL; /* only I/O memory may be mapped then, and a domain here has none */
    }
    return domain->mode->write_entry(domain, (mfn_t){ (uint32_t)(request->ptr >> PAGE_SHIFT) },
                                     (uint32_t)request->ptr % PAGE_SIZE / sizeof(pte_t), value, preserve_ad,
                                     TRACE_WRITE_VIA_mmu_update);
}

static int32_t write_machine_to_physical(struct domain *domain, const struct mmu_update *request, uint32_t foreign) {
    mfn_t mfn = { (uint32_t)(request->ptr >> PAGE_SHIFT) };

    if (foreign == DOMID_IO || !frame_owned_by(domain->id, mfn)) {
        return -XEN_EINVAL;
    }
    memory_set_pfn(domain, mfn, (uint32_t)request->val);
    return 0;
}

static int32_t step(struct vcpu *vcpu, uint32_t linear, uint32_t foreign) {
    struct mmu_update request;

    if (copy_from_guest(&request, linear, sizeof(request)) != 0) {
        return -XEN_EFAULT;
    }
    uint32_t command = (uint32_t)request.ptr & COMMAND_MASK;

    if (request.ptr >> 32 != 0) {
        return -XEN_EINVAL;
    }
    request.ptr &= ~(uint64_t)COMMAND_MASK;
    switch (command) {
    case MMU_NORMAL_PT_UPDATE:
        return write_entry(vcpu->domain, &request, false, foreign);
    case MMU_PT_UPDATE_PRESERVE_AD:
        return write_entry(vcpu->domain, &request, true, foreign);
    case MMU_MACHPHYS_UPDATE:
        return write_machine_to_physical(vcpu->domain, &request, foreign);
    default:
        return -XEN_ENOSYS; /* MMU_PT_UPDATE_NO_TRANSLATE came with Xen 4 */
    }
}

int32_t hypercall_mmu_update(struct vcpu *vcpu, uint32_t *args) {
    if (!foreign_is_self(args[3]) && args[3] != DOMID_IO) {
        return -XEN_ESRCH;
    }
    return batch_run(vcpu, args, sizeof(struct mmu_update), step);
}
