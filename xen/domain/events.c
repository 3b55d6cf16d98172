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

static void forget_virq(struct domain *domain, uint32_t port) {
    for (uint32_t id = 0; id < DOMAIN_VCPUS_MAX; id++) {
        struct vcpu *vcpu = domain->vcpu[id];

        if (vcpu && vcpu->virq_port[domain->ports[port].detail] == port) {
            vcpu->virq_port[domain->ports[port].detail] = 0;
        }
    }
}

int event_port_close(struct domain *domain, uint32_t port) {
    if (!event_port_valid(port) || domain->ports[port].state == PORT_FREE ||
        domain->ports[port].state == PORT_RESERVED) {
        return -XEN_EINVAL;
    }
    if (domain->ports[port].state == PORT_VIRQ) {
        forget_virq(domain, port);
    } else if (domain->ports[port].state == PORT_INTERDOMAIN && domain->ports[port].detail != port) {
        /* Both ends are this domain's: the other end waits for a new partner. */
        struct event_port *other = &domain->ports[domain->ports[port].detail];

        other->state = PORT_UNBOUND;
        other->detail = (uint16_t)domain->id;
    }
    domain->ports[port] = (struct event_port){ .state = PORT_FREE };
    return 0;
}

static void end_poll(struct vcpu *vcpu, uint32_t port) {
    if ((vcpu->state & VCPU_POLLING) && (vcpu->poll_ports[port / 32] >> (port % 32) & 1)) {
        vcpu_wake(vcpu);
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
    struct vcpu *vcpu = domain->vcpu[domain->ports[port].vcpu];

    if (test_and_set(domain->shared_info->evtchn_pending, port)) {
        return;
    }
    if (!test(domain->shared_info->evtchn_mask, port)) {
        signal(vcpu, port);
    }
    end_poll(vcpu, port);
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
