/* peers.c - two domains and a channel between them (see main.c). */
#include <stddef.h>

#include <xen/errno.h>

#include "guests/lib/check.h"
#include "guests/lib/clock.h"
#include "guests/lib/hypercall.h"
#include "guests/t_channels/t_channels.h"

#define ROUNDS 1000u
#define PORTS_TRIED 8u
#define NAP_NS 1000000ull

/* Leave the processor to others for a while. */
static void nap(void) {
    struct sched_poll poll = { .nr_ports = 0, .timeout = clock_ns() + NAP_NS };

    hypercall_sched_op(SCHEDOP_poll, &poll);
}

static bool wait_until_unbound(uint32_t port, uint32_t peer) {
    uint64_t end = clock_ns() + WAIT_NS;

    while (!channel_is_unbound(port, peer) && clock_ns() < end)
        nap();
    return channel_is_unbound(port, peer);
}

void serve(uint32_t peer) {
    uint32_t port = channel_allocate(peer), answered = 0;

    check_group("server: ping-pong");
    check(channel_is_unbound(port, peer));
    while (answered < ROUNDS && channel_wait(port) && event_send(port) == 0)
        answered++;
    check_equal(answered, ROUNDS);
    check(channel_is_bound(port, peer, 0));

    check_group("server: the client closes, and binds again");
    check(channel_wait(port));                           /* two events that nobody takes between them are one */
    check_equal(event_send(port), 0);
    check(wait_until_unbound(port, peer));
    check_equal(event_send(port), 0);                    /* dropped */
    check(channel_wait(port));                           /* it is back */
    check(channel_is_bound(port, peer, 0));

    check_group("server: closes");
    check_equal(channel_close(port), 0);
    check_errno(event_send(port), XEN_EINVAL);
    port = channel_allocate(peer);
    check(channel_wait(port));

    check_group("server: the client ends");
    check(wait_until_unbound(port, peer));
    check_equal(event_send(port), 0);
    check_errno(channel_bind(peer, 1, &port), XEN_ESRCH);
}

/* The server's port is one of the first; only that for us can be bound. */
static uint32_t bind_to_server(uint32_t peer, uint32_t *remote_port) {
    uint64_t end = clock_ns() + WAIT_NS;
    uint32_t port;

    while (clock_ns() < end) {
        for (*remote_port = 1; *remote_port < PORTS_TRIED; ++*remote_port) {
            if (channel_bind(peer, *remote_port, &port) == 0)
                return port;
        }
        nap();
    }
    check_stop("the server's port has not come");
}

void use(uint32_t peer, uint32_t self) {
    struct evtchn_reset reset = { .dom = (domid_t)peer };
    uint32_t remote_port, port = bind_to_server(peer, &remote_port), answers = 0, other;

    check_group("client: ping-pong");
    check(channel_is_bound(port, peer, remote_port));
    check(channel_take(port));                           /* a channel is pending when it has been bound */
    while (answers < ROUNDS && event_send(port) == 0 && channel_wait(port))
        answers++;
    check_equal(answers, ROUNDS);
    check_errno(channel_bind(peer, remote_port, &other), XEN_EINVAL);    /* taken by us */
    check_errno(hypercall_event_channel_op(EVTCHNOP_reset, &reset), XEN_EPERM);
    check(channel_is_bound(port, peer, remote_port));

    check_group("client: closes, and binds again");
    check_equal(event_send(port), 0);
    check(channel_wait(port));
    check_equal(channel_close(port), 0);
    for (uint32_t i = 0; i < 3; i++)
        nap();
    check_equal(channel_bind(peer, remote_port, &port), 0);
    check(channel_take(port));
    check_equal(event_send(port), 0);

    check_group("client: the server closes");
    while (channel_is_bound(port, peer, remote_port))
        nap();
    check(channel_is_unbound(port, peer));
    check_equal(event_send(port), 0);
    check_errno(channel_bind(self, port, &other), XEN_EINVAL);           /* open to the server only */
    other = bind_to_server(peer, &remote_port);
    check_equal(event_send(other), 0);
    nap();
}
