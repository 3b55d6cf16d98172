/*
 * vcpu_op.c - hypercall vcpu_op: the vcpus of the caller's domain, their states, timers and what they are told of time.
 *
 * Source: <xen/vcpu.h>; errors as Xen 3.x.
 */
#include <xen/errno.h>
#include <xen/vcpu.h>

#include "xen/cpu/timer.h"
#include "xen/domain/domain.h"
#include "xen/domain/schedule.h"
#include "xen/domain/time.h"
#include "xen/guest/context.h"
#include "xen/hypercall/table.h"
#include "xen/mm/user_copy.h"

#define SHORTEST_PERIOD_NS 1000000u
/* Xen's STIME_DELTA_MAX: no sum with system time wraps (XSA-20). */
#define LONGEST_PERIOD_NS (UINT64_MAX >> 2)

static int32_t set_periodic(struct vcpu *vcpu, uint32_t linear) {
    struct vcpu_set_periodic_timer request;

    if (copy_from_guest(&request, linear, sizeof(request)) != 0) {
        return -XEN_EFAULT;
    }
    if (request.period_ns < SHORTEST_PERIOD_NS || request.period_ns > LONGEST_PERIOD_NS) {
        return -XEN_EINVAL;
    }
    time_set_periodic(vcpu, request.period_ns);
    return 0;
}

static int32_t set_single_shot(struct vcpu *vcpu, uint32_t linear) {
    struct vcpu_set_singleshot_timer request;

    if (copy_from_guest(&request, linear, sizeof(request)) != 0) {
        return -XEN_EFAULT;
    }
    if ((request.flags & VCPU_SSHOTTMR_future) && request.timeout_abs_ns < system_time_ns()) {
        return -XEN_ETIME;
    }
    time_set_single_shot(vcpu, request.timeout_abs_ns != 0 ? request.timeout_abs_ns : 1);
    return 0;
}

static int32_t give_runstate(struct vcpu *vcpu, uint32_t linear) {
    struct vcpu_runstate_info info;

    time_get_runstate(vcpu, &info);
    return copy_to_guest(linear, &info, sizeof(info)) == 0 ? 0 : -XEN_EFAULT;
}

/*
 * Keep the guest's address of an area; it is written at once, whenever the vcpu begins to run, and with every tick.
 * size: of the area.
 */
static int32_t register_area(struct vcpu *vcpu, uint32_t linear, uint32_t *area, uint32_t size) {
    uint32_t address;

    if (copy_from_guest(&address, linear, sizeof(address)) != 0) {
        return -XEN_EFAULT;
    }
    if (!guest_range_ok(address, size)) {
        return -XEN_EINVAL;
    }
    *area = address;
    if (vcpu == current_vcpu()) {
        time_update_areas(vcpu);
    }
    return 0;
}

/* A vcpu that is down and never ran gets its first state. */
static int32_t initialise(struct vcpu *caller, struct vcpu *vcpu, uint32_t linear) {
    static struct vcpu_guest_context context; /* too large for the stack */

    if (copy_from_guest(&context, linear, sizeof(context)) != 0) {
        return -XEN_EFAULT;
    }
    if (vcpu->initialised) {
        return -XEN_EEXIST;
    }
    int32_t result = context_set(vcpu, &context);

    return result == -XEN_ERESTART ? hypercall_preempt(caller) : result;
}

static int32_t bring_up(struct vcpu *vcpu) {
    if (!vcpu->initialised) {
        return -XEN_EINVAL;
    }
    if (vcpu->state & VCPU_DOWN) {
        vcpu_resume(vcpu, VCPU_DOWN);
        time_start(vcpu);
    }
    return 0;
}

static int32_t take_down(struct vcpu *vcpu) {
    if (!(vcpu->state & VCPU_DOWN)) {
        vcpu_sleep(vcpu, VCPU_DOWN);
        time_stop(vcpu);
    }
    return 0;
}

int32_t hypercall_vcpu_op(struct vcpu *caller, uint32_t *args) {
    struct vcpu *vcpu = domain_vcpu(caller->domain, args[1]);

    if (args[1] >= XEN_LEGACY_MAX_VCPUS) {
        return -XEN_EINVAL;
    }
    if (!vcpu) {
        return -XEN_ENOENT;
    }
    switch (args[0]) {
    case VCPUOP_initialise:
        return initialise(caller, vcpu, args[2]);
    case VCPUOP_up:
        return bring_up(vcpu);
    case VCPUOP_down:
        return take_down(vcpu);
    case VCPUOP_is_up:
        return !(vcpu->state & VCPU_DOWN);
    case VCPUOP_get_runstate_info:
        return give_runstate(vcpu, args[2]);
    case VCPUOP_register_runstate_memory_area:
        return register_area(vcpu, args[2], &vcpu->runstate_area, sizeof(struct vcpu_runstate_info));
    case VCPUOP_register_vcpu_time_memory_area:
        return register_area(vcpu, args[2], &vcpu->time_area, sizeof(struct vcpu_time_info));
    case VCPUOP_set_periodic_timer:
        return set_periodic(vcpu, args[2]);
    case VCPUOP_stop_periodic_timer:
        time_set_periodic(vcpu, 0);
        return 0;
    case VCPUOP_set_singleshot_timer:
        return vcpu == caller ? set_single_shot(vcpu, args[2]) : -XEN_EINVAL;
    case VCPUOP_stop_singleshot_timer:
        if (vcpu != caller) {
            return -XEN_EINVAL;
        }
        time_set_single_shot(vcpu, 0);
        return 0;
    case VCPUOP_send_nmi:
        if (args[2] != 0) {
            return -XEN_EINVAL;
        }
        vcpu_send_nmi(vcpu);
        return 0;
    default:
        return -XEN_ENOSYS;
    }
}
