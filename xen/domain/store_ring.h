/*
 * store_ring.h - bytes through the two rings of a store page, as many as there are, or as there is room for.
 *
 * Source: <xen/io/xs_wire.h>.
 * Callers: store.c.
 */
#ifndef XEN_DOMAIN_STORE_RING_H
#define XEN_DOMAIN_STORE_RING_H

#include <stdbool.h>
#include <stdint.h>
#include <xen/io/xs_wire.h>

/* Do the indices of both rings make sense? */
bool store_ring_valid(const struct xenstore_domain_interface *ring);
/* Take up to length bytes of requests. Returns how many. */
uint32_t store_ring_take(struct xenstore_domain_interface *ring, void *to, uint32_t length);
/* Put up to length bytes of answers. Returns how many. */
uint32_t store_ring_put(struct xenstore_domain_interface *ring, const void *from, uint32_t length);

#endif
