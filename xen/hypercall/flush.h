/*
 * flush.h - what the flushing hypercalls share: flush on the CPUs of a set of vcpus.
 */
#ifndef XEN_HYPERCALL_FLUSH_H
#define XEN_HYPERCALL_FLUSH_H

#include <stdbool.h>
#include <stdint.h>

#include "xen/domain/domain.h"
#include "xen/domain/mode.h"
#include "xen/guest/ldt.h"

/* Flush one page (one_page: linear) or everything on the CPU of this vcpu. cause: enum trace_cause. */
static inline void flush_here(struct vcpu *vcpu, bool one_page, uint32_t linear, uint32_t cause) {
    if (one_page) {
        vcpu->domain->mode->invlpg(vcpu->domain, linear, cause);
    } else {
        vcpu->domain->mode->flush(vcpu->domain, cause);
    }
    if (__builtin_expect(vcpu->ldt_entries != 0, 0)) {
        ldt_flush(vcpu, one_page, linear);
    }
}

/*
 * Flush one page (one_page: linear) or everything on the CPUs of the vcpus in mask (bit n: vcpu n). A set without a
 * running vcpu is answered by a record only. cause: enum trace_cause.
 */
void flush_vcpus(struct vcpu *vcpu, uint32_t mask, bool one_page, uint32_t linear, uint32_t cause);
/* The same with the mask in guest memory. -EFAULT: it cannot be read; nothing flushed. */
int32_t flush_vcpus_at(struct vcpu *vcpu, uint32_t mask_linear, bool one_page, uint32_t linear, uint32_t cause);

#define FLUSH_ALL_VCPUS UINT32_MAX

#endif
