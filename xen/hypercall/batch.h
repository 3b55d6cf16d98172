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
#include <xen/errno.h>

#include "xen/domain/domain.h"
#include "xen/hypercall/foreign.h"
#include "xen/hypercall/table.h"
#include "xen/mm/layout.h"

/*
 * A request costs about as much as so many entries of a table that is checked: several batches in a multicall stop in
 * time.
 */
#define BATCH_REQUEST_ENTRIES 8u

/* Where the arguments stand. */
enum { BATCH_LIST, BATCH_COUNT, BATCH_DONE, BATCH_FOREIGN };

/*
 * Carry out the request at linear. 0 or a negative errno. One that could not be carried out to its end calls
 * hypercall_preempt: it is asked again.
 */
typedef int32_t batch_step(struct vcpu *vcpu, uint32_t linear, uint32_t foreign);

/* How many are done already, when this is the rest of a call; and writing the number to the place given. */
uint32_t batch_done_before(const uint32_t *args);
void batch_report_done(const uint32_t *args, uint32_t done);

/* After a request that looked at many entries, or made tables leave, what is waiting comes first. */
static inline bool batch_must_stop(const struct domain *domain) {
    return domain->direct.budget == 0 || domain->direct.leaving != NO_FRAME;
}

/*
 * Carry out the list. args as the hypercall got them; size: bytes of one request. Inlined with its step: most of what a
 * request costs would be getting there and back.
 */
static inline __attribute__((always_inline)) int32_t batch_run(struct vcpu *vcpu, uint32_t *args, uint32_t size,
                                                               batch_step *step) {
    uint32_t linear = args[BATCH_LIST], count = args[BATCH_COUNT], foreign = args[BATCH_FOREIGN], before = 0,
             done = 0;
    struct domain *domain = vcpu->domain;
    int32_t result = 0;

    if (__builtin_expect(count & MMU_UPDATE_PREEMPTED, 0)) {
        count &= ~MMU_UPDATE_PREEMPTED;
        before = batch_done_before(args);
    }
    uint32_t last = count < HYPERCALL_BATCH ? count : HYPERCALL_BATCH;

    if (__builtin_expect(linear >= GUEST_LINEAR_END || count > (GUEST_LINEAR_END - linear) / size, 0)) {
        result = -XEN_EFAULT;
        last = 0;
    }
    for (; done < last && !batch_must_stop(domain); done++, linear += size) {
        result = step(vcpu, linear, foreign);
        if (__builtin_expect(result != 0, 0)) {
            break;
        }
    }
    direct_spend(&domain->direct, done * BATCH_REQUEST_ENTRIES);
    if (args[BATCH_DONE] != 0) {
        batch_report_done(args, before + done);
    }
    if (__builtin_expect(result == 0 ? done == count : !vcpu->preempted, 1)) {
        return result;
    }
    args[BATCH_LIST] = linear;
    args[BATCH_COUNT] = (count - done) | MMU_UPDATE_PREEMPTED;
    return hypercall_preempt(vcpu);
}

#endif
