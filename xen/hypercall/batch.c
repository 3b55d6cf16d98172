/*
 * batch.c - the loop of mmu_update and mmuext_op; see batch.h.
 */
#include "xen/hypercall/batch.h"

#include <xen/errno.h>

#include "xen/domain/domain.h"
#include "xen/hypercall/foreign.h"
#include "xen/hypercall/table.h"
#include "xen/mm/layout.h"
#include "xen/mm/user_copy.h"

/* A request costs about as much as so many entries of a table that is checked: several batches in a multicall stop in time. */
#define REQUEST_ENTRIES 8u

/* How many are done already, when this is the rest of a call. */
static uint32_t done_before(const uint32_t *args) {
    uint32_t before = 0;

    if (args[BATCH_DONE] != 0 && copy_from_guest(&before, args[BATCH_DONE], sizeof(before)) != 0) {
        before = 0;
    }
    return before;
}

static void report_done(const uint32_t *args, uint32_t done) {
    copy_to_guest(args[BATCH_DONE], &done, sizeof(done));
}

/* After a request that looked at many entries, or made tables leave, what is waiting comes first. */
static bool must_stop(const struct domain *domain) {
    return domain->direct.budget == 0 || domain->direct.leaving != NO_FRAME;
}

__attribute__((noinline, noclone)) int32_t batch_run_list(struct vcpu *vcpu, uint32_t *args, uint32_t size,
                                                          batch_step *step) {
    uint32_t linear = args[BATCH_LIST], count = args[BATCH_COUNT], before = 0, done = 0;
    int32_t result = 0;

    if (__builtin_expect(count & MMU_UPDATE_PREEMPTED, 0)) {
        count &= ~MMU_UPDATE_PREEMPTED;
        before = done_before(args);
    }
    if (__builtin_expect(linear >= GUEST_LINEAR_END || count > (GUEST_LINEAR_END - linear) / size, 0)) {
        result = -XEN_EFAULT;
    }
    for (; result == 0 && done < count && done < HYPERCALL_BATCH && !must_stop(vcpu->domain); done++, linear += size) {
        result = step(vcpu, linear, args[BATCH_FOREIGN]);
        if (__builtin_expect(result != 0 || vcpu->preempted, 0)) {
            break;
        }
    }
    direct_spend(&vcpu->domain->direct, done * REQUEST_ENTRIES);
    if (args[BATCH_DONE] != 0) {
        report_done(args, before + done);
    }
    if (__builtin_expect(result != 0 || done == count, 1)) {
        return result;
    }
    args[BATCH_LIST] = linear;
    args[BATCH_COUNT] = (count - done) | MMU_UPDATE_PREEMPTED;
    return hypercall_preempt(vcpu);
}
