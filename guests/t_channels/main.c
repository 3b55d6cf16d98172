/*
 * t_channels - event channels whose ends are two ports, of one domain or of two.
 *
 * Alone it makes channels with itself and asks for what it may not have. With peer=N (a domain that runs this guest
 * too) and role=server or role=client the two play ping-pong over a channel, close it from either side and bind it
 * again; the client ends without closing, which the server sees. The server's port is the lowest that is free: nothing
 * but counting tells the client of it.
 * Expected outcome: success, of both.
 */
#include "guests/t_channels/t_channels.h"

#include <stddef.h>

#include <xen/errno.h>

#include "guests/lib/boot.h"
#include "guests/lib/check.h"
#include "guests/lib/clock.h"
#include "guests/lib/console.h"
#include "guests/lib/events.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/outcome.h"
#include "guests/lib/traps.h"

#define NOBODY 0x7f00u                   /* below DOMID_FIRST_RESERVED, and no domain's number */

uint32_t channel_allocate(uint32_t remote) {
    struct evtchn_alloc_unbound request = { .dom = DOMID_SELF, .remote_dom = (domid_t)remote };

    if (hypercall_event_channel_op(EVTCHNOP_alloc_unbound, &request) != 0)
        check_stop("no unbound port");
    return request.port;
}

long channel_bind(uint32_t remote, uint32_t remote_port, uint32_t *port) {
    struct evtchn_bind_interdomain request = { .remote_dom = (domid_t)remote, .remote_port = remote_port };
    long result = hypercall_event_channel_op(EVTCHNOP_bind_interdomain, &request);

    *port = request.local_port;
    return result;
}

long channel_close(uint32_t port) {
    struct evtchn_close request = { .port = port };

    return hypercall_event_channel_op(EVTCHNOP_close, &request);
}

struct evtchn_status channel_status(uint32_t port) {
    struct evtchn_status status = { .dom = DOMID_SELF, .port = port };

    if (hypercall_event_channel_op(EVTCHNOP_status, &status) != 0)
        check_stop("no status of a port");
    return status;
}

bool channel_is_unbound(uint32_t port, uint32_t remote) {
    struct evtchn_status status = channel_status(port);

    return status.status == EVTCHNSTAT_unbound && status.u.unbound.dom == remote;
}

bool channel_is_bound(uint32_t port, uint32_t remote, uint32_t remote_port) {
    struct evtchn_status status = channel_status(port);

    return status.status == EVTCHNSTAT_interdomain && status.u.interdomain.dom == remote &&
           (remote_port == 0 || status.u.interdomain.port == remote_port);
}

bool channel_is_pending(uint32_t port) {
    return (shared_info->evtchn_pending[port / 32] >> (port % 32) & 1) != 0;
}

bool channel_take(uint32_t port) {
    uint8_t was = 0;

    __asm__ volatile("lock btrl %2, %0; setc %1"
                     : "+m"(shared_info->evtchn_pending[port / 32]), "=qm"(was) : "r"(port % 32) : "cc", "memory");
    return was != 0;
}

bool channel_wait(uint32_t port) {
    evtchn_port_t ports[1] = { port };
    uint64_t end = clock_ns() + WAIT_NS;
    struct sched_poll poll = { .nr_ports = 1, .timeout = end };

    set_xen_guest_handle(poll.ports, ports);
    while (!channel_is_pending(port) && clock_ns() < end) {
        if (hypercall_sched_op(SCHEDOP_poll, &poll) != 0)
            check_stop("poll was refused");
    }
    return channel_take(port);
}

static void check_loopback(uint32_t self) {
    uint32_t near = channel_allocate(DOMID_SELF), far;

    check_group("a channel with ourselves");
    check(channel_is_unbound(near, self));
    check_equal(event_send(near), 0);                    /* nobody listens */
    check(!channel_is_pending(near));
    check_equal(channel_bind(self, near, &far), 0);
    check(far != near);
    check(channel_is_bound(near, self, far));
    check(channel_is_bound(far, self, near));
    check(channel_take(far));                            /* what was sent while it was unbound may have been meant */
    check(!channel_is_pending(near));
    check_equal(event_send(far), 0);
    check(channel_take(near) && !channel_is_pending(far));
    check_equal(event_send(near), 0);
    check(channel_take(far) && !channel_is_pending(near));
    check_errno(channel_bind(self, near, &far), XEN_EINVAL);     /* taken */

    check_group("closing either end");
    far = channel_status(near).u.interdomain.port;
    check_equal(channel_close(far), 0);
    check(channel_is_unbound(near, self));
    check(!channel_is_pending(near));                    /* as in Xen nobody is notified */
    check_equal(event_send(near), 0);
    check_errno(event_send(far), XEN_EINVAL);
    check_errno(channel_close(far), XEN_EINVAL);
    check_equal(channel_bind(DOMID_SELF, near, &far), 0);
    check_equal(channel_close(near), 0);
    check(channel_is_unbound(far, self));
    check_equal(channel_close(far), 0);
}

static void check_refusals(uint32_t self) {
    struct evtchn_alloc_unbound unbound = { .dom = (domid_t)self, .remote_dom = DOMID_SELF };
    struct evtchn_status status = { .dom = (domid_t)self, .port = 1 };
    struct evtchn_reset reset = { .dom = NOBODY };
    struct evtchn_bind_pirq pirq = { .pirq = 1 };
    uint32_t port, for_nobody = channel_allocate(NOBODY);

    check_group("what an ordinary domain may not");
    /* not even by its own number */
    check_errno(hypercall_event_channel_op(EVTCHNOP_alloc_unbound, &unbound), XEN_EPERM);
    check_errno(hypercall_event_channel_op(EVTCHNOP_status, &status), XEN_EPERM);
    check_errno(hypercall_event_channel_op(EVTCHNOP_reset, &reset), XEN_EPERM);
    check_errno(hypercall_event_channel_op(EVTCHNOP_bind_pirq, &pirq), XEN_EPERM);
    pirq.pirq = 256;
    check_errno(hypercall_event_channel_op(EVTCHNOP_bind_pirq, &pirq), XEN_EINVAL);
    check_errno(channel_bind(NOBODY, 1, &port), XEN_ESRCH);
    check(channel_is_unbound(for_nobody, NOBODY));
    check_errno(channel_bind(self, for_nobody, &port), XEN_EINVAL);      /* meant for somebody else */
    check_errno(channel_bind(self, 0, &port), XEN_EINVAL);
    check_errno(channel_bind(self, 1024, &port), XEN_EINVAL);
    check_errno(channel_bind(self, 1000, &port), XEN_EINVAL);            /* free */
    check_equal(channel_close(for_nobody), 0);
    port = channel_allocate(NOBODY);
    check_equal(port, for_nobody);                       /* refused binds have left no port behind */
    check_equal(channel_close(port), 0);
}

/* All ports taken, then all given back at once. */
static void check_reset(void) {
    struct evtchn_alloc_unbound request = { .dom = DOMID_SELF, .remote_dom = NOBODY };
    struct evtchn_reset reset = { .dom = DOMID_SELF };
    struct evtchn_bind_virq virq = { .virq = VIRQ_TIMER };
    uint32_t ports = 0, port;

    check_group("every port there is, and reset");
    check_equal(hypercall_event_channel_op(EVTCHNOP_bind_virq, &virq), 0);
    while (hypercall_event_channel_op(EVTCHNOP_alloc_unbound, &request) == 0)
        ports++;
    check(ports > 900 && ports < 1024);
    check_errno(hypercall_event_channel_op(EVTCHNOP_alloc_unbound, &request), XEN_ENOSPC);
    check_errno(channel_bind(DOMID_SELF, 1, &port), XEN_ENOSPC);
    check_equal(hypercall_event_channel_op(EVTCHNOP_reset, &reset), 0);
    check_equal(channel_status(virq.port).status, EVTCHNSTAT_closed);
    check_equal(channel_status(1).status, EVTCHNSTAT_closed);
    check_equal(hypercall_event_channel_op(EVTCHNOP_bind_virq, &virq), 0);
    check_equal(virq.port, 1);
    check_equal(channel_close(1), 0);
}

_Noreturn void guest_main(void) {
    char role[8] = "", peer[8] = "";
    uint32_t self;

    traps_install();
    hypercall_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL);
    for (uint32_t i = 0; i < 32; i++)
        shared_info->evtchn_mask[i] = ~0ul;              /* looked at, never delivered */
    self = event_own_domain();
    if (boot_option("role", role, sizeof(role)) && boot_option("peer", peer, sizeof(peer))) {
        if (role[0] == 's')
            serve((uint32_t)(peer[0] - '0'));
        else
            use((uint32_t)(peer[0] - '0'), self);
    } else {
        check_loopback(self);
        check_refusals(self);
        check_vcpus();
        check_reset();
    }
    check_finish();
}
