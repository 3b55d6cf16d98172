/*
 * flush.c - flushes on the CPUs of a set of vcpus; see flush.h.
 */
#include "xen/hypercall/flush.h"

#include <xen/errno.h>

#include "xen/domain/domain.h"
#include "xen/mm/tlb.h"
#include "xen/mm/user_copy.h"

void flush_vcpus(struct vcpu *vcpu, uint32_t mask, bool one_page, uint32_t linear, uint32_t cause) {
    if (!(mask & 1u << vcpu->id)) {
        tlb_elided(cause, one_page ? linear : 0, one_page); /* no other vcpu has a CPU */
    } else {
        flush_here(vcpu, one_page, linear, cause);
    }
}

int32_t flush_vcpus_at(struct vcpu *vcpu, uint32_t mask_linear, bool one_page, uint32_t linear, uint32_t cause) {
    uint32_t mask;

    if (copy_from_guest(&mask, mask_linear, sizeof(mask)) != 0) {
        return -XEN_EFAULT;
    }
    flush_vcpus(vcpu, mask, one_page, linear, cause);
    return 0;
}
