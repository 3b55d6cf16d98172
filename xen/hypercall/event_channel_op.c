/*
 * event_channel_op.c - hypercalls event_channel_op and event_channel_op_compat.
 *
 * Each operation takes one structure, copied in, worked on, and copied out when it has results. Whose ports: the
 * caller's, or where the interface has a field for it, those of the domain that a privileged caller names. The old form
 * holds number and structure in one.
 * Source: <xen/event_channel.h>; errors as Xen 3.1.
 */
#include <xen/errno.h>
#include <xen/event_channel.h>

#include "xen/domain/domain.h"
#include "xen/domain/events.h"
#include "xen/domain/service.h"
#include "xen/hypercall/table.h"
#include "xen/mm/user_copy.h"

#define PHYSICAL_IRQS 256u           /* as Xen 3.1's NR_IRQS */

/* The largest argument; operations read and write the member that is theirs. */
union argument {
    struct evtchn_alloc_unbound alloc_unbound;
    struct evtchn_bind_interdomain bind_interdomain;
    struct evtchn_bind_virq bind_virq;
    struct evtchn_bind_ipi bind_ipi;
    struct evtchn_bind_pirq bind_pirq;
    struct evtchn_close close;
    struct evtchn_send send;
    struct evtchn_status status;
    struct evtchn_bind_vcpu bind_vcpu;
    struct evtchn_unmask unmask;
    struct evtchn_reset reset;
};

/* The domain of this number, unless it is going away. */
static struct domain *find_domain(uint32_t id) {
    struct domain *domain = domain_by_id(id);

    return domain && !domain->dying ? domain : 0;
}

/*
 * Whose ports the caller means with the number id. -EPERM: not DOMID_SELF, and the caller may not name a domain;
 * -ESRCH: there is none of this number. *target is undefined then.
 */
static int32_t find_target(struct domain *caller, uint32_t id, struct domain **target) {
    if (id != DOMID_SELF && !caller->privileged) {
        return -XEN_EPERM;
    }
    *target = id == DOMID_SELF ? caller : find_domain(id);
    return *target ? 0 : -XEN_ESRCH;
}

static struct event_port *port_of(struct domain *domain, uint32_t port) {
    return event_port_valid(port) ? &domain->ports[port] : 0;
}

static int32_t alloc_unbound(struct domain *caller, union argument *argument) {
    uint32_t remote = argument->alloc_unbound.remote_dom;
    struct domain *domain;
    int32_t result = find_target(caller, argument->alloc_unbound.dom, &domain);

    if (result != 0) {
        return result;
    }
    int port = event_port_allocate(domain);

    if (port < 0) {
        return port;
    }
    domain->ports[port].state = PORT_UNBOUND;
    domain->ports[port].remote_id = remote == DOMID_SELF ? caller->id : remote;
    argument->alloc_unbound.port = (evtchn_port_t)port;
    return 0;
}

static int32_t bind_interdomain(struct domain *domain, union argument *argument) {
    uint32_t id = argument->bind_interdomain.remote_dom, remote_port = argument->bind_interdomain.remote_port;
    struct domain *remote = id == DOMID_SELF ? domain : find_domain(id);

    if (!remote) {
        return -XEN_ESRCH;
    }
    int port = event_port_allocate(domain);

    if (port < 0) {
        return port;
    }
    const struct event_port *far = port_of(remote, remote_port);

    if (!far || far->state != PORT_UNBOUND || far->remote_id != domain->id) {
        event_port_release(domain, (uint32_t)port);
        return -XEN_EINVAL;
    }
    event_ports_connect(domain, (uint32_t)port, remote, remote_port);
    argument->bind_interdomain.local_port = (evtchn_port_t)port;
    return 0;
}

static int32_t bind_virq(struct domain *domain, union argument *argument) {
    uint32_t virq = argument->bind_virq.virq;
    struct vcpu *vcpu = domain_vcpu(domain, argument->bind_virq.vcpu);

    if (virq >= NR_VIRQS || (event_virq_is_global(virq) && argument->bind_virq.vcpu != 0)) {
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
    /* A domain has no physical interrupt here: the hypervisor's own devices are all there are. */
    return argument->bind_pirq.pirq < PHYSICAL_IRQS ? -XEN_EPERM : -XEN_EINVAL;
}

static int32_t close(struct domain *domain, union argument *argument) {
    return event_port_close(domain, argument->close.port);
}

static inline int32_t send_to(struct domain *domain, uint32_t number) {
    const struct event_port *port = port_of(domain, number);

    if (!port) {
        return -XEN_EINVAL;
    }
    switch (port->state) {
    case PORT_INTERDOMAIN:
        event_set_pending(port->remote, port->detail);
        return 0;
    case PORT_IPI:
        event_set_pending(domain, number);
        return 0;
    case PORT_UNBOUND:
        service_call(domain, number); /* else nobody listens: dropped */
        return 0;
    default:
        return -XEN_EINVAL;
    }
}

static int32_t send(struct domain *domain, union argument *argument) {
    return send_to(domain, argument->send.port);
}

static int32_t status(struct domain *caller, union argument *argument) {
    struct evtchn_status *result = &argument->status;
    struct domain *domain;
    int32_t found = find_target(caller, result->dom, &domain);

    if (found != 0) {
        return found;
    }
    const struct event_port *port = port_of(domain, result->port);

    if (!port) {
        return -XEN_EINVAL;
    }
    result->vcpu = port->vcpu;
    switch (port->state) {
    case PORT_UNBOUND:
        result->status = EVTCHNSTAT_unbound;
        result->u.unbound.dom = (domid_t)port->remote_id;
        break;
    case PORT_INTERDOMAIN:
        result->status = EVTCHNSTAT_interdomain;
        result->u.interdomain.dom = (domid_t)port->remote->id;
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
    if (!port || (port->state == PORT_VIRQ && !event_virq_is_global(port->detail)) ||
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

static int32_t reset(struct domain *caller, union argument *argument) {
    struct domain *domain;
    int32_t result = find_target(caller, argument->reset.dom, &domain);

    if (result == 0) {
        event_ports_destroy(domain);
    }
    return result;
}

struct operation {
    int32_t (*carry_out)(struct domain *caller, union argument *argument);
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
    uint32_t port;

    /* By far the most frequent one has a short way. */
    if (args[0] == EVTCHNOP_send && read_guest_word(args[1], &port)) {
        return send_to(vcpu->domain, port);
    }
    return execute(vcpu, args[0], args[1]);
}

int32_t hypercall_event_channel_op_compat(struct vcpu *vcpu, uint32_t *args) {
    uint32_t command;

    if (copy_from_guest(&command, args[0], sizeof(command)) != 0) {
        return -XEN_EFAULT;
    }
    return execute(vcpu, command, args[0] + (uint32_t)__builtin_offsetof(struct evtchn_op, u));
}
