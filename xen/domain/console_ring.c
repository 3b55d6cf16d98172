/*
 * console_ring.c - see console_ring.h.
 */
#include "xen/domain/console_ring.h"

#include <stdint.h>
#include <xen/xen.h>
#include <xen/io/console.h>

#include "xen/domain/console.h"
#include "xen/domain/domain.h"
#include "xen/domain/service.h"

/* The bytes of the ring from index from up to index to, in at most two pieces. */
static void print(struct domain *domain, const struct xencons_interface *ring, XENCONS_RING_IDX from,
                  XENCONS_RING_IDX to) {
    while (from != to) {
        uint32_t offset = MASK_XENCONS_IDX(from, ring->out), part = sizeof(ring->out) - offset;

        part = to - from < part ? to - from : part;
        domain_console_write(domain, ring->out + offset, part);
        from += part;
    }
}

/* True: there was something. Indices that are further apart than the ring is long mean nothing: nothing is printed. */
static bool drain(struct domain *domain, struct xencons_interface *ring) {
    XENCONS_RING_IDX producer = __atomic_load_n(&ring->out_prod, __ATOMIC_ACQUIRE);
    XENCONS_RING_IDX consumer = __atomic_load_n(&ring->out_cons, __ATOMIC_RELAXED);

    if (producer - consumer <= sizeof(ring->out)) {
        print(domain, ring, consumer, producer);
    }
    __atomic_store_n(&ring->out_cons, producer, __ATOMIC_RELEASE);
    return producer != consumer;
}

void console_ring_drain(struct domain *domain) {
    struct xencons_interface *ring = service_page(domain, SERVICE_CONSOLE);

    if (!ring) {
        return;
    }
    bool drained = drain(domain, ring);

    service_page_done(domain, SERVICE_CONSOLE, ring);
    if (drained) {
        service_notify(domain, SERVICE_CONSOLE);
    }
}
