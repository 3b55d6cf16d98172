/* events.c - event channels, vcpus and physical devices (see main.c). */
#include <stddef.h>
#include <stdint.h>

#include <xen/errno.h>
#include <xen/physdev.h>

#include "guests/lib/check.h"
#include "guests/lib/hypercall.h"
#include "guests/t_hypercall_errors/pointers.h"

static void check_binding(void) {
    struct evtchn_bind_virq virq = { .virq = 999 };
    struct evtchn_bind_ipi ipi = { .vcpu = 1 };
    struct evtchn_bind_vcpu rebind;
    struct evtchn_close close;

    check_group("binding event channels");
    check_errno(hypercall_event_channel_op(EVTCHNOP_bind_virq, &virq), XEN_EINVAL);
    virq = (struct evtchn_bind_virq){ .virq = VIRQ_DEBUG, .vcpu = 1 };
    check_errno(hypercall_event_channel_op(EVTCHNOP_bind_virq, &virq), XEN_ENOENT);
    virq.vcpu = 0;
    check_equal(hypercall_event_channel_op(EVTCHNOP_bind_virq, &virq), 0);
    check_errno(hypercall_event_channel_op(EVTCHNOP_bind_virq, &virq), XEN_EEXIST);
    rebind = (struct evtchn_bind_vcpu){ .port = virq.port, .vcpu = 1 };
    check_errno(hypercall_event_channel_op(EVTCHNOP_bind_vcpu, &rebind), XEN_ENOENT);
    rebind.vcpu = 0;
    check_errno(hypercall_event_channel_op(EVTCHNOP_bind_vcpu, &rebind), XEN_EINVAL);     /* it stays */
    close.port = virq.port;
    check_equal(hypercall_event_channel_op(EVTCHNOP_close, &close), 0);
    check_errno(hypercall_event_channel_op(EVTCHNOP_close, &close), XEN_EINVAL);
    check_errno(hypercall_event_channel_op(EVTCHNOP_bind_ipi, &ipi), XEN_ENOENT);
    ipi.vcpu = 0xffffffff;
    check_errno(hypercall_event_channel_op(EVTCHNOP_bind_ipi, &ipi), XEN_ENOENT);
}

static void check_ports(void) {
    static const uint32_t operations[] = {
        EVTCHNOP_bind_virq, EVTCHNOP_bind_ipi, EVTCHNOP_close, EVTCHNOP_send, EVTCHNOP_status, EVTCHNOP_unmask,
        EVTCHNOP_bind_vcpu,
    };
    struct evtchn_send send;
    struct evtchn_status status = { .dom = DOMID_SELF };

    check_group("event channel ports");
    check_errno(hypercall_event_channel_op(99, &send), XEN_ENOSYS);
    for (uint32_t port = 0; port < 4; port++) {
        static const uint32_t bad_ports[4] = { 0, 900, 1024, 0xffffffff };

        send.port = bad_ports[port];
        check_errno(hypercall_event_channel_op(EVTCHNOP_send, &send), XEN_EINVAL);
        check_errno(hypercall_event_channel_op(EVTCHNOP_close, &send), XEN_EINVAL);
    }
    send.port = 0xffffffff;
    check_errno(hypercall_event_channel_op(EVTCHNOP_unmask, &send), XEN_EINVAL);
    status.port = 0xffffffff;
    check_errno(hypercall_event_channel_op(EVTCHNOP_status, &status), XEN_EINVAL);
    status = (struct evtchn_status){ .dom = 7, .port = 1 };
    check(hypercall_event_channel_op(EVTCHNOP_status, &status) < 0);
    for (uint32_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
        for (uint32_t pointer = 0; pointer < BAD_POINTERS; pointer++)
            check_errno(hypercall_event_channel_op(operations[i], bad_pointers[pointer]), XEN_EFAULT);
        check_errno(hypercall_event_channel_op(operations[i], pointer_across(2)), XEN_EFAULT);
    }
}

static void check_vcpus(void) {
    struct vcpu_set_periodic_timer periodic = { .period_ns = 1000 };
    struct vcpu_set_singleshot_timer once = { .timeout_abs_ns = 1, .flags = VCPU_SSHOTTMR_future };

    check_group("vcpus");
    check_errno(hypercall_vcpu_op(VCPUOP_is_up, 1, NULL), XEN_ENOENT);
    check_errno(hypercall_vcpu_op(VCPUOP_is_up, 0xffffffff, NULL), XEN_EINVAL);
    check_equal(hypercall_vcpu_op(VCPUOP_is_up, 0, NULL), 1);
    check_errno(hypercall_vcpu_op(999, 0, NULL), XEN_ENOSYS);
    check_errno(hypercall_vcpu_op(VCPUOP_set_periodic_timer, 0, &periodic), XEN_EINVAL);     /* under a millisecond */
    check_errno(hypercall_vcpu_op(VCPUOP_set_singleshot_timer, 0, &once), XEN_ETIME);
    for (uint32_t i = 0; i < BAD_POINTERS; i++) {
        check_errno(hypercall_vcpu_op(VCPUOP_get_runstate_info, 0, bad_pointers[i]), XEN_EFAULT);
        check_errno(hypercall_vcpu_op(VCPUOP_set_periodic_timer, 0, bad_pointers[i]), XEN_EFAULT);
    }
}

/* A domain without hardware is refused, whatever it asks. */
static void check_devices(void) {
    struct physdev_set_iopl iopl = { .iopl = 3 };

    check_group("physical devices");
    check(hypercall(__HYPERVISOR_physdev_op, 999, 0, 0, 0, 0) < 0);
    check_equal(hypercall(__HYPERVISOR_physdev_op, PHYSDEVOP_set_iopl, pointer_word(bad_pointers[0]), 0, 0, 0) < 0, 1);
    iopl.iopl = 4;
    check(hypercall(__HYPERVISOR_physdev_op, PHYSDEVOP_set_iopl, pointer_word(&iopl), 0, 0, 0) < 0);
}

void check_events(void) {
    check_binding();
    check_ports();
    check_vcpus();
    check_devices();
}
