/*
 * traps.c - hypercalls by which a guest says where its traps and callbacks go: set_trap_table, set_callbacks,
 * callback_op, stack_switch, fpu_taskswitch, nmi_op.
 *
 * Handlers' selectors get privilege level 1 (rule D2): Xen lets 2 and 3 stand, with which no handler could run.
 */
#include <xen/callback.h>
#include <xen/errno.h>
#include <xen/nmi.h>

#include "xen/cpu/descriptor.h"
#include "xen/domain/domain.h"
#include "xen/domain/schedule.h"
#include "xen/guest/fpu.h"
#include "xen/guest/selector.h"
#include "xen/guest/trap.h"
#include "xen/hypercall/table.h"
#include "xen/lib/string.h"
#include "xen/mm/user_copy.h"

int32_t hypercall_set_trap_table(struct vcpu *vcpu, uint32_t *args) {
    struct trap_info info;
    int32_t result = 0;

    if (args[0] == 0) {
        memset(vcpu->traps, 0, sizeof(vcpu->traps));
        trap_install_direct(vcpu);
        return 0;
    }
    for (uint32_t i = 0;; i++) {
        if (i == HYPERCALL_BATCH) {
            result = hypercall_preempt(vcpu);
            break;
        }
        if (copy_from_guest(&info, args[0], sizeof(info)) != 0) {
            result = -XEN_EFAULT;
            break;
        }
        if (info.address == 0) {
            break;
        }
        trap_set_handler(vcpu, info.vector, info.cs, info.address, info.flags);
        args[0] += sizeof(info);
    }
    trap_install_direct(vcpu);
    return result;
}

/* One that has been waiting for a handler comes now. */
static int32_t register_nmi(struct vcpu *vcpu, uint32_t eip) {
    vcpu->nmi_callback = eip;
    if (vcpu->nmi_pending) {
        cpu_add_work(WORK_NMI);
    }
    return 0;
}

static int32_t register_callback(struct vcpu *vcpu, uint32_t type, uint32_t flags, uint32_t cs, uint32_t eip) {
    struct callback callback = { selector_ring_1(cs), eip, (flags & CALLBACKF_mask_events) != 0 };

    switch (type) {
    case CALLBACKTYPE_event:
        vcpu->event_callback = callback;
        return 0;
    case CALLBACKTYPE_failsafe:
        vcpu->failsafe_callback = callback;
        return 0;
    case CALLBACKTYPE_nmi:
        return register_nmi(vcpu, eip);
    default:
        return -XEN_ENOSYS;
    }
}

static int32_t unregister_callback(struct vcpu *vcpu, uint32_t type) {
    switch (type) {
    case CALLBACKTYPE_event:
    case CALLBACKTYPE_failsafe:
        return -XEN_EINVAL;
    case CALLBACKTYPE_nmi:
        return register_nmi(vcpu, 0);
    default:
        return -XEN_ENOSYS;
    }
}

int32_t hypercall_set_callbacks(struct vcpu *vcpu, uint32_t *args) {
    register_callback(vcpu, CALLBACKTYPE_event, 0, args[0], args[1]);
    register_callback(vcpu, CALLBACKTYPE_failsafe, 0, args[2], args[3]);
    return 0;
}

int32_t hypercall_callback_op(struct vcpu *vcpu, uint32_t *args) {
    struct callback_register add;
    struct callback_unregister remove;

    switch (args[0]) {
    case CALLBACKOP_register:
        if (copy_from_guest(&add, args[1], sizeof(add)) != 0) {
            return -XEN_EFAULT;
        }
        return register_callback(vcpu, add.type, add.flags, add.address.cs, add.address.eip);
    case CALLBACKOP_unregister:
        if (copy_from_guest(&remove, args[1], sizeof(remove)) != 0) {
            return -XEN_EFAULT;
        }
        return unregister_callback(vcpu, remove.type);
    default:
        return -XEN_ENOSYS;
    }
}

int32_t hypercall_stack_switch(struct vcpu *vcpu, uint32_t *args) {
    vcpu->kernel_ss = selector_ring_1(args[0]);
    vcpu->kernel_esp = args[1];
    tss_set_kernel_stack(vcpu->kernel_ss, vcpu->kernel_esp);
    return 0;
}

int32_t hypercall_fpu_taskswitch(struct vcpu *vcpu, uint32_t *args) {
    fpu_set_task_switched(vcpu, args[0] != 0);
    return 0;
}

int32_t hypercall_nmi_op(struct vcpu *vcpu, uint32_t *args) {
    struct xennmi_callback callback;

    switch (args[0]) {
    case XENNMI_register_callback:
        if (copy_from_guest(&callback, args[1], sizeof(callback)) != 0) {
            return -XEN_EFAULT;
        }
        return register_nmi(vcpu, callback.handler_address);
    case XENNMI_unregister_callback:
        return register_nmi(vcpu, 0);
    default:
        return -XEN_ENOSYS;
    }
}
