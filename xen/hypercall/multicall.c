/*
 * multicall.c - several hypercalls in one.
 *
 * An entry is copied in once, executed from the copy, and its result written back. An entry that was preempted is
 * written back whole, with the arguments that are left, and the multicall itself continues with it. A multicall within
 * one is refused; so is iret.
 */
#include <xen/errno.h>

#include "trace/emit.h"
#include "xen/domain/domain.h"
#include "xen/hypercall/table.h"
#include "xen/mm/tlb.h"
#include "xen/mm/user_copy.h"

#define RESULT_OFFSET ((uint32_t)__builtin_offsetof(struct multicall_entry, result))

/* Execute the entry at linear. False: it cannot be read, or its result not be written. */
static bool execute_entry(struct vcpu *vcpu, uint32_t linear) {
    struct multicall_entry entry;

    if (copy_from_guest(&entry, linear, sizeof(entry)) != 0) {
        return false;
    }
    uint32_t arg0 = entry.args[0], arg1 = entry.args[1];
    int32_t result = hypercall_execute(vcpu, entry.op, (uint32_t *)entry.args);

    if (vcpu->preempted) {
        return copy_to_guest(linear, &entry, sizeof(entry)) == 0;
    }
    trace_pv_hypercall_subcall(entry.op, hypercall_takes(entry.op, 1) ? arg0 : 0,
                               hypercall_takes(entry.op, 2) ? arg1 : 0, result);
    return copy_to_guest(linear + RESULT_OFFSET, &result, sizeof(result)) == 0;
}

static int32_t execute_list(struct vcpu *vcpu, uint32_t *args) {
    if (args[1] > UINT32_MAX / sizeof(struct multicall_entry) ||
        !guest_range_ok(args[0], args[1] * sizeof(struct multicall_entry))) {
        return -XEN_EFAULT;
    }
    for (uint32_t i = 0; args[1] != 0 && !vcpu->domain->ended; i++) {
        if (i == HYPERCALL_BATCH || vcpu->domain->direct.budget == 0) {
            return hypercall_preempt(vcpu);
        }
        bool good = execute_entry(vcpu, args[0]);

        if (!good) {
            vcpu->preempted = false;
            return -XEN_EFAULT;
        }
        if (vcpu->preempted) {
            return 0;
        }
        args[0] += sizeof(struct multicall_entry);
        args[1]--;
    }
    return 0;
}

int32_t hypercall_multicall(struct vcpu *vcpu, uint32_t *args) {
    if (vcpu->in_multicall) {
        return -XEN_EINVAL;
    }
    vcpu->in_multicall = true;
    int32_t result = execute_list(vcpu, args);

    vcpu->in_multicall = false;
    if (tlb_label() != 0) {
        /*
         * The multicall's own label, or that of a marker among its entries: it holds for what is left of the multicall.
         */
        vcpu->pending_label = vcpu->preempted ? tlb_label() : 0;
        tlb_set_label(0);
    }
    return result;
}
