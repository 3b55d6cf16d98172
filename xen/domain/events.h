/*
 * events.h - event channels: ports, and the bits in shared_info that tell a guest of them.
 *
 * Rules: a port's pending bit is set first, then, unless masked, its word's bit in the vcpu's selector, then
 * upcall_pending; a word that is already selected is not signalled again. Source: <xen/event_channel.h> and the
 * comments of struct shared_info in <xen/xen.h>.
 * Callers: hypercall/event_channel.c, time.c, build.c.
 */
#ifndef XEN_DOMAIN_EVENTS_H
#define XEN_DOMAIN_EVENTS_H

#include "xen/domain/domain.h"

/* The lowest free port above 0, now in state reserved; -ENOSPC: none. */
int event_port_allocate(struct domain *domain);
/* Is port the number of a port that could be in use? */
static inline bool event_port_valid(uint32_t port) {
    return port > 0 && port < EVENT_PORTS;
}

/* Close a port in any state but free; whatever it was bound to is released. -EINVAL: invalid or free. */
int event_port_close(struct domain *domain, uint32_t port);

/* Make port pending and signal its vcpu. port must be valid. */
void event_set_pending(struct domain *domain, uint32_t port);
/* The guest unmasks a port: signal it when it was pending. */
void event_unmask(struct domain *domain, uint32_t port);
/* Raise a per-vcpu VIRQ; nothing happens when the guest did not bind it. */
void event_raise_virq(struct vcpu *vcpu, uint32_t virq);

/* Is an upcall due: pending and not masked? */
static inline bool event_upcall_due(const struct vcpu *vcpu) {
    return vcpu->info->evtchn_upcall_pending != 0 && vcpu->info->evtchn_upcall_mask == 0;
}

#endif
