/*
 * store_ring.c - see store_ring.h. The guest may change the indices at any time: each is read once in a function, and
 * an amount that is no amount is taken for none.
 */
#include "xen/domain/store_ring.h"

static uint32_t load(const uint32_t *index) {
    return __atomic_load_n(index, __ATOMIC_ACQUIRE);
}

static void store_index(uint32_t *index, uint32_t value) {
    __atomic_store_n(index, value, __ATOMIC_RELEASE);
}

static uint32_t smaller(uint32_t a, uint32_t b) {
    return a < b ? a : b;
}

bool store_ring_valid(const struct xenstore_domain_interface *ring) {
    return load(&ring->req_prod) - load(&ring->req_cons) <= XENSTORE_RING_SIZE &&
           load(&ring->rsp_prod) - load(&ring->rsp_cons) <= XENSTORE_RING_SIZE;
}

uint32_t store_ring_take(struct xenstore_domain_interface *ring, void *to, uint32_t length) {
    uint32_t consumer = load(&ring->req_cons), there = load(&ring->req_prod) - consumer;
    uint32_t count = there <= XENSTORE_RING_SIZE ? smaller(there, length) : 0;
    char *bytes = to;

    for (uint32_t i = 0; i < count; i++) {
        bytes[i] = ring->req[MASK_XENSTORE_IDX(consumer + i)];
    }
    store_index(&ring->req_cons, consumer + count);
    return count;
}

uint32_t store_ring_put(struct xenstore_domain_interface *ring, const void *from, uint32_t length) {
    uint32_t producer = load(&ring->rsp_prod), used = producer - load(&ring->rsp_cons);
    uint32_t count = used <= XENSTORE_RING_SIZE ? smaller(XENSTORE_RING_SIZE - used, length) : 0;
    const char *bytes = from;

    for (uint32_t i = 0; i < count; i++) {
        ring->rsp[MASK_XENSTORE_IDX(producer + i)] = bytes[i];
    }
    store_index(&ring->rsp_prod, producer + count);
    return count;
}
