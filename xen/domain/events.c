/*
 * events.c - event channels; see events.h.
 *
 * The guest writes shared_info at any time, so each bit is changed by a locked instruction and each word is read once.
 */
#include "xen/domain/events.h"

#include <xen/errno.h>

#include "xen/domain/schedule.h"

static bool test_and_set(volatile xen_ulong_t *words, uint32_t bit) {
    xen_ulong_t mask = 1ul << (bit % 32);
    return __atomic_fetch_or(&words[bit / 32], mask, __ATOMIC_SEQ_CST) & mask;
}

static bool test_and_clear(volatile xen_ulong_t *words, uint32_t bit) {
    xen_ulong_t mask = 1ul << (bit % 32);
    return __atomic_fetch_and(&words[bit / 32], ~mask, __ATOMIC_SEQ_CST) & mask;
}

static bool test(const volatile xen_ulong_t *words, uint32_t bit) {
    return words[bit / 32] >> (bit % 32) & 1;
}

int event_port_allocate(struct domain *domain) {
    for (uint32_t port = 1; port < EVENT_PORTS; port++) {
        if (domain->ports[port].state == PORT_FREE) {
            domain->ports[port] = (struct event_port){ .state = PORT_RESERVED };
            return (int)port;
        }
    }
    return -XEN_ENOSPC;
}

void event_port_release(struct domain *domain, uint32_t port) {
    domain->ports[port] = (struct event_port){ .state = PORT_FREE };
}

static void forget_virq(struct domain *domain, uint32_t port) {
    for (uint32_t id = 0; id < DOMAIN_VCPUS_MAX; id++) {
        struct vcpu *vcpu = domain->vcpu[id];

        if (vcpu && vcpu->virq_port[domain->ports[port].detail] == port) {
            vcpu->virq_port[domain->ports[port].detail] = 0;
        }
    }
}

int event_port_close(struct domain *domain, uint32_t port) {
    if (!event_port_valid(port)) {
        return -XEN_EINVAL;
    }
    struct event_port *own = &domain->ports[port];

    switch (own->state) {
    case PORT_FREE:
    case PORT_RESERVED:
        return -XEN_EINVAL;
    case PORT_VIRQ:
        forget_virq(domain, port);
        break;
    case PORT_INTERDOMAIN:
        /* The other end keeps its vcpu and waits for a new partner. */
        own->remote->ports[own->detail].state = PORT_UNBOUND;
        own->remote->ports[own->detail].remote_id = domain->id;
        break;
    }
    event_port_release(domain, port);
    return 0;
}

void event_ports_connect(struct domain *domain, uint32_t port, struct domain *remote, uint32_t remote_port) {
    struct event_port *near = &domain->ports[port], *far = &remote->ports[remote_port];

    near->state = far->state = PORT_INTERDOMAIN;
    near->remote = remote;
    near->detail = (uint16_t)remote_port;
    far->remote = domain;
    far->detail = (uint16_t)port;
    event_set_pending(domain, port); /* a notification may have been lost while the remote port was unbound */
}

void event_ports_destroy(struct domain *domain) {
    for (uint32_t port = 1; port < EVENT_PORTS; port++) {
        event_port_close(domain, port);
    }
}

/* Any vcpu may wait for any port. */
static __attribute__((noinline)) void end_polls(struct domain *domain, uint32_t port) {
    domain->polling = false;
    for (uint32_t id = 0; id < DOMAIN_VCPUS_MAX; id++) {
        struct vcpu *vcpu = domain->vcpu[id];

        if (!vcpu || !(vcpu->state & VCPU_POLLING)) {
            continue;
        }
        if (vcpu->poll_ports[port / 32] >> (port % 32) & 1) {
            vcpu_wake(vcpu);
        } else {
            domain->polling = true;
        }
    }
}

static void signal(struct vcpu *vcpu, uint32_t port) {
    if (!test_and_set(&vcpu->info->evtchn_pending_sel, port / 32)) {
        *(volatile uint8_t *)&vcpu->info->evtchn_upcall_pending = 1;
        if (vcpu->state & (VCPU_BLOCKED | VCPU_POLLING)) {
            vcpu_wake(vcpu);
        }
    }
}

void event_set_pending(struct domain *domain, uint32_t port) {
    if (test_and_set(domain->shared_info->evtchn_pending, port)) {
        return;
    }
    if (!test(domain->shared_info->evtchn_mask, port)) {
        signal(domain->vcpu[domain->ports[port].vcpu], port);
    }
    if (__builtin_expect(domain->polling, 0)) {
        end_polls(domain, port);
    }
}

void event_unmask(struct domain *domain, uint32_t port) {
    if (test_and_clear(domain->shared_info->evtchn_mask, port) && test(domain->shared_info->evtchn_pending, port)) {
        signal(domain->vcpu[domain->ports[port].vcpu], port);
    }
}

void event_raise_virq(struct vcpu *vcpu, uint32_t virq) {
    if (vcpu->virq_port[virq] != 0) {
        event_set_pending(vcpu->domain, vcpu->virq_port[virq]);
    }
}

bool event_virq_is_global(uint32_t virq) {
    return virq != VIRQ_TIMER && virq != VIRQ_DEBUG && virq != VIRQ_XENOPROF;
}

void event_raise_global_virq(uint32_t virq) {
    struct domain *domain = domain_by_id(0);

    if (domain && domain->privileged) {
        event_raise_virq(domain->vcpu[0], virq);
    }
}
