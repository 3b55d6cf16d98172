/*
 * sched_op.c - hypercalls sched_op and sched_op_compat: yield, block, shut down, poll.
 *
 * Source: <xen/sched.h>.
 */
#include <xen/errno.h>
#include <xen/sched.h>

#include "xen/cpu/timer.h"
#include "xen/domain/domain.h"
#include "xen/domain/end.h"
#include "xen/domain/events.h"
#include "xen/domain/schedule.h"
#include "xen/domain/time.h"
#include "xen/hypercall/table.h"
#include "xen/lib/string.h"
#include "xen/mm/user_copy.h"

#define POLL_PORTS_MAX 128u

static bool port_pending(const struct domain *domain, uint32_t port) {
    return domain->shared_info->evtchn_pending[port / 32] >> (port % 32) & 1;
}

/* Note the ports in vcpu->poll_ports. *ready: one of them is pending already; those behind it are not looked at. */
static int32_t take_ports(struct vcpu *vcpu, uint32_t linear, uint32_t count, bool *ready) {
    memset(vcpu->poll_ports, 0, sizeof(vcpu->poll_ports));
    for (uint32_t i = 0; i < count && !*ready; i++) {
        evtchn_port_t port;

        if (copy_from_guest(&port, linear + i * sizeof(port), sizeof(port)) != 0) {
            return -XEN_EFAULT;
        }
        if (port >= EVENT_PORTS) {
            return -XEN_EINVAL;
        }
        vcpu->poll_ports[port / 32] |= 1u << (port % 32);
        *ready = port_pending(vcpu->domain, port);
    }
    return 0;
}

/*
 * Wait until one of the ports is pending, masked or not, any other event comes, or the time is up. An upcall that is
 * due comes first, as in Xen since 3.3: nothing would signal its port again.
 */
static int32_t poll(struct vcpu *vcpu, uint32_t linear) {
    struct sched_poll request;
    bool ready = event_upcall_due(vcpu);

    if (copy_from_guest(&request, linear, sizeof(request)) != 0) {
        return -XEN_EFAULT;
    }
    if (request.nr_ports > POLL_PORTS_MAX) {
        return -XEN_EINVAL;
    }
    uint32_t ports = (uint32_t)request.ports.p;

    if (!guest_range_ok(ports, request.nr_ports * sizeof(evtchn_port_t))) {
        return -XEN_EFAULT;
    }
    int32_t result = take_ports(vcpu, ports, request.nr_ports, &ready);

    if (result != 0 || ready || (request.timeout != 0 && request.timeout <= system_time_ns())) {
        return result;
    }
    vcpu->domain->polling = true;
    time_set_poll(vcpu, request.timeout);
    vcpu_sleep(vcpu, VCPU_POLLING);
    return 0;
}

/* A privileged domain shuts another one down, or itself. */
static int32_t remote_shutdown(struct vcpu *vcpu, uint32_t linear) {
    struct sched_remote_shutdown request;

    if (!vcpu->domain->privileged) {
        return -XEN_EPERM;
    }
    if (copy_from_guest(&request, linear, sizeof(request)) != 0) {
        return -XEN_EFAULT;
    }
    struct domain *domain = domain_by_id(request.domain_id);

    if (!domain || domain->dying) {
        return -XEN_ESRCH;
    }
    if (!domain->ended) {
        domain_shutdown(domain, request.reason & 0xff);
    }
    return 0;
}

/* Everything but the shortest. */
static __attribute__((noinline)) int32_t execute(struct vcpu *vcpu, uint32_t *args) {
    struct sched_shutdown request;

    switch (args[0]) {
    case SCHEDOP_block:
        vcpu_block(vcpu);
        return 0;
    case SCHEDOP_shutdown:
        if (copy_from_guest(&request, args[1], sizeof(request)) != 0) {
            return -XEN_EFAULT;
        }
        domain_shutdown(vcpu->domain, request.reason & 0xff);
        return 0;
    case SCHEDOP_poll:
        return poll(vcpu, args[1]);
    case SCHEDOP_remote_shutdown:
        return remote_shutdown(vcpu, args[1]);
    default:
        return -XEN_ENOSYS;
    }
}

int32_t hypercall_sched_op(struct vcpu *vcpu, uint32_t *args) {
    if (args[0] == SCHEDOP_yield) {
        vcpu_yield(vcpu);
        return 0;
    }
    return execute(vcpu, args);
}

int32_t hypercall_sched_op_compat(struct vcpu *vcpu, uint32_t *args) {
    switch (args[0]) {
    case SCHEDOP_shutdown:
        domain_shutdown(vcpu->domain, args[1] & 0xff);
        return 0;
    case SCHEDOP_yield:
    case SCHEDOP_block:
        return hypercall_sched_op(vcpu, args);
    default:
        return -XEN_ENOSYS;
    }
}
