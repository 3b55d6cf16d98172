/*
 * events.h - event channels: binding, handlers, dispatch.
 *
 * Callers: guest kernels. Handlers run with events masked.
 */
#ifndef GUESTS_LIB_EVENTS_H
#define GUESTS_LIB_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

typedef void event_handler(uint32_t port);

/*
 * Bind a VIRQ of vcpu 0 (VIRQ_*) or an inter-processor event to vcpu 0; returns the port. Panics when refused. The port
 * is unmasked.
 */
uint32_t event_bind_virq(uint32_t virq, event_handler *handler);
uint32_t event_bind_ipi(event_handler *handler);
/* Give an already bound port a handler and unmask it. */
void event_handle(uint32_t port, event_handler *handler);

/* Our domain's number, which an unbound port for ourselves tells. */
uint32_t event_own_domain(void);

/* Set the port's mask bit, or clear it (through the hypervisor, which raises what is pending). */
void event_mask(uint32_t port);
void event_unmask(uint32_t port);
/* Make the port pending; returns the hypercall's result. */
long event_send(uint32_t port);

/*
 * Wait until the port, which is masked, is pending, at most so many nanoseconds, and take it back. False: it was not
 * pending. For those that poll and handle no events.
 */
bool event_wait(uint32_t port, uint64_t ns);

/* Handle everything that is pending and unmasked. Called with events masked. */
void events_dispatch(void);

#endif
