/*
 * event_channel_op.c - hypercalls event_channel_op and event_channel_op_compat.
 *
 * Each operation takes one structure, copied in, worked on, and copied out when it has results. A domain sees only
 * itself: naming another domain is -EPERM, as for any unprivileged one. The old form holds number and structure in one.
 * Source: <xen/event_channel.h>; errors as Xen 3.x.
 */
#include <xen/errno.h>
#include <xen/event_channel.h>

#include "xen/domain/domain.h"
#include "xen/domain/events.h"
#include "xen/hypercall/table.h"
#include "xen/mm/user_copy.h"

/* The largest argument; operations read and write the member that is theirs. */
union argument {
    struct evtchn_alloc_unbound alloc_unbound;
    struct evtchn_bind_interdomain bind_interdomain;
    struct evtchn_bind_virq bind_virq;
    struct evtchn_bind_ipi bind_ipi;
    struct evtchn_close close;
    struct evtchn_send send;
    struct evtchn_status status;
    struct evtchn_bind_vcpu bind_vcpu;
    struct evtchn_unmask unmask;
    struct evtchn_reset reset;
};

static bool is_self(const struct domain *domain, uint32_t domid) {
    return domid == DOMID_SELF || domid == domain->id;
}

static struct event_port *port_of(struct domain *domain, uint32_t port) {
    return event_port_valid(port) ? &domain->ports[port] : 0;
}

static int32_t alloc_unbound(struct domain *domain, union argument *argument) {
    if (argument->alloc_unbound.dom != DOMID_SELF) {
        return -XEN_EPERM;
    }
    int port = event_port_allocate(domain);

    if (port < 0) {
        return port;
    }
    uint32_t remote = argument->alloc_unbound.remote_dom;

    domain->ports[port].state = PORT_UNBOUND;
    domain->ports[port].detail = (uint16_t)(remote == DOMID_SELF ? domain->id : remote);
    argument->alloc_unbound.port = (evtchn_port_t)port;
    return 0;
}

static int32_t bind_interdomain(struct domain *domain, union argument *argument) {
    struct event_port *remote = port_of(domain, argument->bind_interdomain.remote_port);

    if (!is_self(domain, argument->bind_interdomain.remote_dom)) {
        return -XEN_ESRCH; /* there is no other domain */
    }
    if (!remote || remote->state != PORT_UNBOUND || remote->detail != domain->id) {
        return -XEN_EINVAL;
    }
    int port = event_port_allocate(domain);

    if (port < 0) {
        return port;
    }
    domain->ports[port].state = remote->state = PORT_INTERDOMAIN;
    domain->ports[port].detail = (uint16_t)argument->bind_interdomain.remote_port;
    remote->detail = (uint16_t)port;
    argument->bind_interdomain.local_port = (evtchn_port_t)port;
    event_set_pending(domain, (uint32_t)port); /* a notification may have been lost while it was unbound */
    return 0;
}

static bool virq_is_global(uint32_t virq) {
    return virq != VIRQ_TIMER && virq != VIRQ_DEBUG && virq != VIRQ_XENOPROF;
}

static int32_t bind_virq(struct domain *domain, union argument *argument) {
    uint32_t virq = argument->bind_virq.virq;
    struct vcpu *vcpu = domain_vcpu(domain, argument->bind_virq.vcpu);

    if (virq >= NR_VIRQS || (virq_is_global(virq) && argument->bind_virq.vcpu != 0)) {
        return -XEN_EINVAL;
    }
    if (!vcpu) {
        return -XEN_ENOENT;
    }
    if (vcpu->virq_port[virq] != 0) {
        return -XEN_EEXIST;
    }
    int port = event_port_allocate(domain);

    if (port < 0) {
        return port;
    }
    domain->ports[port] = (struct event_port){ .state = PORT_VIRQ, .vcpu = (uint8_t)vcpu->id,
                                               .detail = (uint16_t)virq };
    vcpu->virq_port[virq] = (uint16_t)port;
    argument->bind_virq.port = (evtchn_port_t)port;
    return 0;
}

static int32_t bind_ipi(struct domain *domain, union argument *argument) {
    if (!domain_vcpu(domain, argument->bind_ipi.vcpu)) {
        return -XEN_ENOENT;
    }
    int port = event_port_allocate(domain);

    if (port < 0) {
        return port;
    }
    domain->ports[port] = (struct event_port){ .state = PORT_IPI, .vcpu = (uint8_t)argument->bind_ipi.vcpu };
    argument->bind_ipi.port = (evtchn_port_t)port;
    return 0;
}

static int32_t bind_pirq(struct domain *domain, union argument *argument) {
    (void)domain;
    (void)argument;
    return -XEN_EPERM; /* a domain has no physical interrupt here */
}

static int32_t close(struct domain *domain, union argument *argument) {
    return event_port_close(domain, argument->close.port);
}

static int32_t send(struct domain *domain, union argument *argument) {
    struct event_port *port = port_of(domain, argument->send.port);

    if (!port) {
        return -XEN_EINVAL;
    }
    switch (port->state) {
    case PORT_INTERDOMAIN:
        event_set_pending(domain, port->detail);
        return 0;
    case PORT_IPI:
        event_set_pending(domain, argument->send.port);
        return 0;
    case PORT_UNBOUND:
        return 0; /* nobody listens: dropped */
    default:
        return -XEN_EINVAL;
    }
}

static int32_t status(struct domain *domain, union argument *argument) {
    struct evtchn_status *result = &argument->status;
    struct event_port *port = port_of(domain, result->port);

    if (!is_self(domain, result->dom)) {
        return -XEN_EPERM;
    }
    if (!port) {
        return -XEN_EINVAL;
    }
    result->vcpu = port->vcpu;
    switch (port->state) {
    case PORT_UNBOUND:
        result->status = EVTCHNSTAT_unbound;
        result->u.unbound.dom = port->detail;
        break;
    case PORT_INTERDOMAIN:
        result->status = EVTCHNSTAT_interdomain;
        result->u.interdomain.dom = (domid_t)domain->id;
        result->u.interdomain.port = port->detail;
        break;
    case PORT_VIRQ:
        result->status = EVTCHNSTAT_virq;
        result->u.virq = port->detail;
        break;
    case PORT_IPI:
        result->status = EVTCHNSTAT_ipi;
        break;
    default:
        result->status = EVTCHNSTAT_closed;
    }
    return 0;
}

static int32_t bind_vcpu(struct domain *domain, union argument *argument) {
    struct event_port *port = port_of(domain, argument->bind_vcpu.port);

    if (!domain_vcpu(domain, argument->bind_vcpu.vcpu)) {
        return -XEN_ENOENT;
    }
    if (!port || (port->state == PORT_VIRQ && !virq_is_global(port->detail)) ||
        (port->state != PORT_VIRQ && port->state != PORT_UNBOUND && port->state != PORT_INTERDOMAIN)) {
        return -XEN_EINVAL;
    }
    port->vcpu = (uint8_t)argument->bind_vcpu.vcpu;
    return 0;
}

static int32_t unmask(struct domain *domain, union argument *argument) {
    if (!event_port_valid(argument->unmask.port)) {
        return -XEN_EINVAL;
    }
    event_unmask(domain, argument->unmask.port);
    return 0;
}

static int32_t reset(struct domain *domain, union argument *argument) {
    if (!is_self(domain, argument->reset.dom)) {
        return -XEN_EPERM;
    }
    for (uint32_t port = 1; port < EVENT_PORTS; port++) {
        event_port_close(domain, port);
    }
    return 0;
}

struct operation {
    int32_t (*carry_out)(struct domain *domain, union argument *argument);
    uint32_t size;
    bool has_results;
};

static const struct operation operations[] = {
    [EVTCHNOP_bind_interdomain] = { bind_interdomain, sizeof(struct evtchn_bind_interdomain), true },
    [EVTCHNOP_bind_virq] = { bind_virq, sizeof(struct evtchn_bind_virq), true },
    [EVTCHNOP_bind_pirq] = { bind_pirq, sizeof(struct evtchn_bind_pirq), true },
    [EVTCHNOP_close] = { close, sizeof(struct evtchn_close), false },
    [EVTCHNOP_send] = { send, sizeof(struct evtchn_send), false },
    [EVTCHNOP_status] = { status, sizeof(struct evtchn_status), true },
    [EVTCHNOP_alloc_unbound] = { alloc_unbound, sizeof(struct evtchn_alloc_unbound), true },
    [EVTCHNOP_bind_ipi] = { bind_ipi, sizeof(struct evtchn_bind_ipi), true },
    [EVTCHNOP_bind_vcpu] = { bind_vcpu, sizeof(struct evtchn_bind_vcpu), false },
    [EVTCHNOP_unmask] = { unmask, sizeof(struct evtchn_unmask), false },
    [EVTCHNOP_reset] = { reset, sizeof(struct evtchn_reset), false },
};

static int32_t execute(struct vcpu *vcpu, uint32_t command, uint32_t linear) {
    union argument argument;

    if (command >= sizeof(operations) / sizeof(operations[0]) || !operations[command].carry_out) {
        return -XEN_ENOSYS;
    }
    const struct operation *operation = &operations[command];

    if (copy_from_guest(&argument, linear, operation->size) != 0) {
        return -XEN_EFAULT;
    }
    int32_t result = operation->carry_out(vcpu->domain, &argument);

    if (result == 0 && operation->has_results && copy_to_guest(linear, &argument, operation->size) != 0) {
        result = -XEN_EFAULT;
    }
    return result;
}

int32_t hypercall_event_channel_op(struct vcpu *vcpu, uint32_t *args) {
    return execute(vcpu, args[0], args[1]);
}

int32_t hypercall_event_channel_op_compat(struct vcpu *vcpu, uint32_t *args) {
    uint32_t command;

    if (copy_from_guest(&command, args[0], sizeof(command)) != 0) {
        return -XEN_EFAULT;
    }
    return execute(vcpu, command, args[0] + (uint32_t)__builtin_offsetof(struct evtchn_op, u));
}
