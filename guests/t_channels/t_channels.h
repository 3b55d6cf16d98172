/*
 * t_channels.h - the two ends of a channel; see main.c.
 *
 * Callers: guests/t_channels.
 */
#ifndef GUESTS_T_CHANNELS_H
#define GUESTS_T_CHANNELS_H

#include <stdbool.h>
#include <stdint.h>

#include <xen/xen.h>
#include <xen/event_channel.h>

#include "guests/lib/events.h"

#define WAIT_NS 2000000000ull            /* longer than the other domain ever takes */

/* An unbound port of ours that remote may bind (DOMID_SELF: we). */
uint32_t channel_allocate(uint32_t remote);
/* Bind a port to remote_port of remote; *port: ours. Returns the hypercall's result. */
long channel_bind(uint32_t remote, uint32_t remote_port, uint32_t *port);
long channel_close(uint32_t port);
struct evtchn_status channel_status(uint32_t port);
/* Is the port unbound, open to remote; is it bound to remote_port (0: any) of remote? */
bool channel_is_unbound(uint32_t port, uint32_t remote);
bool channel_is_bound(uint32_t port, uint32_t remote, uint32_t remote_port);
bool channel_is_pending(uint32_t port);
/* Clear the pending bit; was it set? */
bool channel_take(uint32_t port);
/* Poll until the port is pending, and take it. False: it was not within WAIT_NS. */
bool channel_wait(uint32_t port);

/* The two sides, for domains that are each other's peer. */
void serve(uint32_t peer);
void use(uint32_t peer, uint32_t self);

/* Ports of a second vcpu, where there is one (vcpus.c). */
void check_vcpus(void);

#endif
