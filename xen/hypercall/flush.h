/*
 * flush.h - what the flushing hypercalls share: flush on the CPUs of a set of vcpus.
 */
#ifndef XEN_HYPERCALL_FLUSH_H
#define XEN_HYPERCALL_FLUSH_H

#include <stdbool.h>
#include <stdint.h>

struct vcpu;

/*
 * Flush one page (one_page: linear) or everything on the CPUs of the vcpus in mask (bit n: vcpu n). A set without a
 * running vcpu is answered by a record only. cause: enum trace_cause.
 */
void flush_vcpus(struct vcpu *vcpu, uint32_t mask, bool one_page, uint32_t linear, uint32_t cause);
/* The same with the mask in guest memory. -EFAULT: it cannot be read; nothing flushed. */
int32_t flush_vcpus_at(struct vcpu *vcpu, uint32_t mask_linear, bool one_page, uint32_t linear, uint32_t cause);

#define FLUSH_ALL_VCPUS UINT32_MAX

#endif
