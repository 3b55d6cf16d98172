/*
 * store.c - a store without nodes: requests in, answers out; see store.h. Which answer: store_answer.c.
 */
#include "xen/domain/store.h"

#include "xen/domain/domain.h"
#include "xen/domain/service.h"
#include "xen/domain/store_answer.h"
#include "xen/domain/store_ring.h"

#define HEADER ((uint32_t)sizeof(struct xsd_sockmsg))

/* Send what is to be sent, as far as there is room. True: all of it is in the ring. */
static bool send(struct xenstore *store, struct xenstore_domain_interface *ring) {
    while (store->messages != 0) {
        const struct store_message *message = &store->out[0];

        if (store->sent < HEADER) {
            store->sent += store_ring_put(ring, (const char *)&message->header + store->sent, HEADER - store->sent);
        }
        if (store->sent >= HEADER) {
            uint32_t done = store->sent - HEADER;

            store->sent += store_ring_put(ring, message->payload + done, message->header.len - done);
        }
        if (store->sent < HEADER + message->header.len) {
            return false;
        }
        store->out[0] = store->out[1];
        store->messages--;
        store->sent = 0;
    }
    return true;
}

/* Take a request as far as it has come. True: it is complete. */
static bool take(struct xenstore *store, struct xenstore_domain_interface *ring) {
    if (store->taken < HEADER) {
        store->taken += store_ring_take(ring, (char *)&store->request + store->taken, HEADER - store->taken);
    }
    if (store->taken < HEADER) {
        return false;
    }
    if (store->request.len > XENSTORE_PAYLOAD_MAX) {
        store->broken = true;
        return false;
    }
    uint32_t have = store->taken - HEADER;

    store->taken += store_ring_take(ring, store->payload + have, store->request.len - have);
    return store->taken == HEADER + store->request.len;
}

/* No more is served in one call than the ring can hold, however fast it is filled again. */
static void serve(struct domain *domain, struct xenstore_domain_interface *ring) {
    struct xenstore *store = &domain->store;
    uint32_t requests = 0;

    while (send(store, ring) && requests < XENSTORE_RING_SIZE / HEADER && take(store, ring)) {
        store_answer(domain);
        store->taken = 0;
        requests++;
    }
}

void store_serve(struct domain *domain) {
    struct xenstore_domain_interface *ring = service_page(domain, SERVICE_STORE);

    if (!ring) {
        return;
    }
    uint32_t before = ring->rsp_prod, room = ring->req_cons;

    if (!domain->store.broken && !store_ring_valid(ring)) {
        domain->store.broken = true;
    }
    if (!domain->store.broken) {
        serve(domain, ring);
    }
    bool changed = ring->rsp_prod != before || ring->req_cons != room;

    service_page_done(domain, SERVICE_STORE, ring);
    if (changed) {
        service_notify(domain, SERVICE_STORE);
    }
}
