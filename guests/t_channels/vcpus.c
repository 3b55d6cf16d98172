/*
 * vcpus.c - which vcpu is told of an event (see main.c). The second vcpu never runs: what is looked at are the words in
 * shared_info in which it would be told.
 */
#include <stddef.h>

#include <xen/errno.h>

#include "guests/lib/boot.h"
#include "guests/lib/check.h"
#include "guests/lib/hypercall.h"
#include "guests/t_channels/t_channels.h"

static long bind_vcpu(uint32_t port, uint32_t vcpu) {
    struct evtchn_bind_vcpu request = { .port = port, .vcpu = vcpu };

    return hypercall_event_channel_op(EVTCHNOP_bind_vcpu, &request);
}

/* Is the vcpu told of the port's word? Forgets it. */
static bool was_signalled(uint32_t id, uint32_t port) {
    struct vcpu_info *vcpu = &shared_info->vcpu_info[id];
    bool told = vcpu->evtchn_upcall_pending && (vcpu->evtchn_pending_sel >> (port / 32) & 1) != 0;

    vcpu->evtchn_upcall_pending = 0;
    vcpu->evtchn_pending_sel = 0;
    return told;
}

static bool signals(uint32_t send_port, uint32_t port, uint32_t id) {
    return event_send(send_port) == 0 && was_signalled(id, port) && !was_signalled(1 - id, port) && channel_take(port);
}

void check_vcpus(void) {
    struct evtchn_bind_ipi ipi = { .vcpu = 1 };
    struct evtchn_bind_virq debug = { .virq = VIRQ_DEBUG, .vcpu = 1 }, console = { .virq = VIRQ_CONSOLE, .vcpu = 1 };
    uint32_t near, far;

    check_group("which vcpu is told");
    if (hypercall_event_channel_op(EVTCHNOP_bind_ipi, &ipi) == -XEN_ENOENT) {
        check_errno(bind_vcpu(1, 1), XEN_ENOENT);
        return;
    }
    check_equal(channel_status(ipi.port).vcpu, 1);
    event_unmask(ipi.port);
    was_signalled(0, ipi.port);
    was_signalled(1, ipi.port);
    check(signals(ipi.port, ipi.port, 1));
    check_errno(bind_vcpu(ipi.port, 0), XEN_EINVAL);     /* an IPI stays */

    check_equal(hypercall_event_channel_op(EVTCHNOP_bind_virq, &debug), 0);
    check_equal(channel_status(debug.port).vcpu, 1);
    check_errno(bind_vcpu(debug.port, 0), XEN_EINVAL);   /* each vcpu has its own */
    check_errno(hypercall_event_channel_op(EVTCHNOP_bind_virq, &debug), XEN_EEXIST);
    debug.vcpu = 0;
    check_equal(hypercall_event_channel_op(EVTCHNOP_bind_virq, &debug), 0);
    check_errno(hypercall_event_channel_op(EVTCHNOP_bind_virq, &console), XEN_EINVAL);   /* one for all */
    console.vcpu = 0;
    check_equal(hypercall_event_channel_op(EVTCHNOP_bind_virq, &console), 0);
    check_equal(bind_vcpu(console.port, 1), 0);
    check_equal(channel_status(console.port).vcpu, 1);

    check_group("a channel moves from vcpu to vcpu");
    near = channel_allocate(DOMID_SELF);
    check_equal(bind_vcpu(near, 1), 0);
    check_equal(channel_bind(DOMID_SELF, near, &far), 0);
    event_unmask(near);
    was_signalled(0, near);
    check(signals(far, near, 1));
    check_equal(bind_vcpu(near, 0), 0);
    check(signals(far, near, 0));
    check_equal(event_send(far), 0);
    check_equal(bind_vcpu(near, 1), 0);                  /* pending: who was told stays told */
    check(!was_signalled(1, near) && was_signalled(0, near));
    check(channel_take(near));
    event_mask(near);
    check_equal(event_send(far), 0);
    check(!was_signalled(1, near));
    event_unmask(near);                                  /* now it is the new one's */
    check(was_signalled(1, near) && !was_signalled(0, near));
    check(channel_take(near));
    check_equal(channel_close(near), 0);
    near = channel_allocate(DOMID_SELF);
    check_equal(channel_status(near).vcpu, 0);           /* a new port is vcpu 0's */
}
