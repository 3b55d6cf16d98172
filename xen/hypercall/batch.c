/*
 * batch.c - the loop of mmu_update and mmuext_op; see batch.h.
 */
#include "xen/hypercall/batch.h"

#include <xen/errno.h>

#include "xen/domain/domain.h"
#include "xen/hypercall/foreign.h"
#include "xen/hypercall/table.h"
#include "xen/mm/user_copy.h"

enum { LIST, COUNT, DONE, FOREIGN };

/* Carry out up to count requests; *done is how many. */
static int32_t run(struct vcpu *vcpu, const uint32_t *args, uint32_t count, uint32_t size, batch_step *step, uint32_t *done) {
    uint32_t linear = args[LIST], foreign = args[FOREIGN];

    if (count > UINT32_MAX / size || !guest_range_ok(linear, count * size)) {
        return -XEN_EFAULT;
    }
    for (; *done < count && *done < HYPERCALL_BATCH; ++*done, linear += size) {
        int32_t result = step(vcpu, linear, foreign);

        if (result != 0) {
            return result;
        }
    }
    return 0;
}

int32_t batch_run(struct vcpu *vcpu, uint32_t *args, uint32_t size, batch_step *step) {
    uint32_t count = args[COUNT] & ~MMU_UPDATE_PREEMPTED, before = 0, done = 0;

    if ((args[COUNT] & MMU_UPDATE_PREEMPTED) && args[DONE] != 0 && copy_from_guest(&before, args[DONE], sizeof(before)) != 0) {
        before = 0;
    }
    int32_t result = run(vcpu, args, count, size, step, &done);

    before += done;
    if (args[DONE] != 0) {
        copy_to_guest(args[DONE], &before, sizeof(before));
    }
    if (result != 0 || done == count || vcpu->domain->dying) {
        return result;
    }
    args[LIST] += done * size;
    args[COUNT] = (count - done) | MMU_UPDATE_PREEMPTED;
    return hypercall_preempt(vcpu);
}
