/*
 * batch.h - the frame that mmu_update and mmuext_op share: a list of requests, a count, a place for the number done, a
 * foreign domain.
 *
 * As Xen reports it: requests are carried out in order up to the first that fails; the number done, over all parts of a
 * preempted call, is written to the place given whenever the hypercall returns; a place that cannot be written changes
 * nothing else.
 */
#ifndef XEN_HYPERCALL_BATCH_H
#define XEN_HYPERCALL_BATCH_H

#include <stdint.h>

struct vcpu;

/* Where the arguments stand. */
enum { BATCH_LIST, BATCH_COUNT, BATCH_DONE, BATCH_FOREIGN };

/*
 * Carry out the request at linear. 0 or a negative errno. One that could not be carried out to its end calls
 * hypercall_preempt: it is asked again.
 */
typedef int32_t batch_step(struct vcpu *vcpu, uint32_t linear, uint32_t foreign);

/* args as the hypercall got them. size: bytes of one request. */
int32_t batch_run_list(struct vcpu *vcpu, uint32_t *args, uint32_t size, batch_step *step);

/* The same, with a short way for one request and nothing to report: how a kernel switches spaces and flushes. */
static inline int32_t batch_run(struct vcpu *vcpu, uint32_t *args, uint32_t size, batch_step *step) {
    if (args[BATCH_COUNT] == 1 && args[BATCH_DONE] == 0) {
        return step(vcpu, args[BATCH_LIST], args[BATCH_FOREIGN]);
    }
    return batch_run_list(vcpu, args, size, step);
}

#endif
