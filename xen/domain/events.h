/*
 * events.h - event channels: ports, and the bits in shared_info that tell a guest of them.
 *
 * Rules: a port's pending bit is set first, then, unless masked, its word's bit in the vcpu's selector, then
 * upcall_pending; a word that is already selected is not signalled again. A vcpu that is blocked or polls is woken by
 * every event that its selector did not show yet, and one that polls also by its ports when they are masked. A port
 * that is bound to another vcpu while it is pending stays signalled at the former. Closing one end of a channel leaves
 * the other unbound, open to the domain that closed; nobody is notified of that, as in Xen.
 * Source: <xen/event_channel.h> and the comments of struct shared_info in <xen/xen.h>.
 * Callers: hypercall/event_channel_op.c, hypercall/sched_op.c, time.c, build.c, end.c, console_input.c.
 */
#ifndef XEN_DOMAIN_EVENTS_H
#define XEN_DOMAIN_EVENTS_H

#include "xen/domain/domain.h"

/* The lowest free port above 0, now in state reserved; -ENOSPC: none. */
int event_port_allocate(struct domain *domain);
/* A port that is bound to nothing (any more), reserved ones too, is free again. */
void event_port_release(struct domain *domain, uint32_t port);
/* Is port the number of a port that could be in use? */
static inline bool event_port_valid(uint32_t port) {
    return port > 0 && port < EVENT_PORTS;
}

/* Close a port in any state but free; whatever it was bound to is released. -EINVAL: invalid, free or reserved. */
int event_port_close(struct domain *domain, uint32_t port);
/*
 * Make one channel of a reserved port of domain and an unbound one of remote (which may be the same domain). port
 * becomes pending.
 */
void event_ports_connect(struct domain *domain, uint32_t port, struct domain *remote, uint32_t remote_port);
/* The domain ends: close all its ports. */
void event_ports_destroy(struct domain *domain);

/* Make port pending and signal its vcpu. port must be in use. */
void event_set_pending(struct domain *domain, uint32_t port);
/* The guest unmasks a port: signal it when it was pending. */
void event_unmask(struct domain *domain, uint32_t port);

/* Is a VIRQ one of the whole domain, bound through vcpu 0, or one that each vcpu has? */
bool event_virq_is_global(uint32_t virq);
/* Raise a VIRQ; nothing happens when the guest did not bind it. vcpu: 0 of the domain for a global one. */
void event_raise_virq(struct vcpu *vcpu, uint32_t virq);
/* Raise a global VIRQ for the privileged domain, if there is one. */
void event_raise_global_virq(uint32_t virq);

/* Is an upcall due: pending and not masked? */
static inline bool event_upcall_due(const struct vcpu *vcpu) {
    return vcpu->info->evtchn_upcall_pending != 0 && vcpu->info->evtchn_upcall_mask == 0;
}

#endif
