/*
 * update_va_mapping.c - hypercalls update_va_mapping and update_va_mapping_otherdomain: write the L1 entry that maps a
 * linear address, and flush.
 *
 * As in Xen 3.x the flush is carried out even when the entry could not be written.
 * Source: UVMF_* in <xen/xen.h>.
 */
#include <xen/errno.h>

#include "trace/emit.h"
#include "xen/domain/domain.h"
#include "xen/domain/mode.h"
#include "xen/domain/physmap.h"
#include "xen/hypercall/flush.h"
#include "xen/hypercall/foreign.h"
#include "xen/hypercall/table.h"

/* Not, or not only, on the CPU of the calling vcpu. */
static __attribute__((noinline, cold)) int32_t flush_elsewhere(struct vcpu *vcpu, uint32_t linear, uint32_t where,
                                                               bool one_page) {
    if (where == UVMF_ALL) {
        flush_vcpus(vcpu, FLUSH_ALL_VCPUS, one_page, linear,
                    one_page ? TRACE_CAUSE_uvmf_invlpg_all : TRACE_CAUSE_uvmf_tlb_flush_all);
        return 0;
    }
    return flush_vcpus_at(vcpu, where, one_page, linear,
                          one_page ? TRACE_CAUSE_uvmf_invlpg_multi : TRACE_CAUSE_uvmf_tlb_flush_multi);
}

static int32_t flush(struct vcpu *vcpu, uint32_t linear, uint32_t flags) {
    uint32_t where = flags & ~(uint32_t)UVMF_FLUSHTYPE_MASK;
    bool one_page = (flags & UVMF_FLUSHTYPE_MASK) == UVMF_INVLPG;

    if (__builtin_expect(where != UVMF_LOCAL, 0)) {
        return flush_elsewhere(vcpu, linear, where, one_page);
    }
    flush_here(vcpu, one_page, linear, one_page ? TRACE_CAUSE_uvmf_invlpg_local : TRACE_CAUSE_uvmf_tlb_flush_local);
    return 0;
}

int32_t hypercall_update_va_mapping(struct vcpu *vcpu, uint32_t *args) {
    uint32_t linear = args[0], flags = args[3], type = flags & UVMF_FLUSHTYPE_MASK;

    if (linear >= HYPERVISOR_LINEAR_START) {
        return -XEN_EINVAL;
    }
    /* args[2]: high word, not of this geometry */
    int32_t result = vcpu->domain->mode->write_l1e(vcpu->domain, linear, args[1]);
    int32_t flushed = type == UVMF_TLB_FLUSH || type == UVMF_INVLPG ? flush(vcpu, linear, flags) : 0;

    return flushed != 0 ? flushed : result;
}

int32_t hypercall_update_va_mapping_otherdomain(struct vcpu *vcpu, uint32_t *args) {
    if (args[4] == DOMID_SELF) {
        return hypercall_update_va_mapping(vcpu, args);
    }
    if (!vcpu->domain->privileged) {
        return domain_by_id(args[4]) ? -XEN_EPERM : -XEN_ESRCH;
    }
    int32_t result = foreign_begin(vcpu->domain, args[4]);

    if (result == 0) {
        uint32_t entry = args[1] & PTE_P ? physmap_entry(domain_by_id(args[4]), args[1]) : args[1];
        uint32_t own[4] = { args[0], entry, args[2], args[3] };

        result = hypercall_update_va_mapping(vcpu, own);
        foreign_end(vcpu->domain);
    }
    return result;
}
