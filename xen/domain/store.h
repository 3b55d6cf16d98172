/*
 * store.h - the far end of a domain's store page (service.h): a XenStore in which nothing is stored yet but which
 * vcpus there are. Kernels wait for its answers while they boot, so each request gets the one that the daemon of Xen
 * 3.1 would give:
 *
 *   read of cpu/N/availability                  online, for each vcpu N of the domain
 *   directory, read, get_perms, rm, set_perms   ENOENT: there is no node
 *   write, mkdir                                EACCES: no node is the domain's to write to
 *   watch                                       OK, and the watch fires once; EEXIST: it is there; E2BIG: too many
 *   unwatch                                     OK; ENOENT: no such watch
 *   transaction_start, transaction_end          the number of a transaction, OK; ENOENT: no such transaction; EBUSY: a
 *                                               transaction within one; ENOSPC: too many
 *   get_domain_path                             /local/domain/N
 *   introduce, release, resume, ...             EACCES: for domain 0
 *   anything else                               ENOSYS; EINVAL when its strings are not as they should be
 *
 * Rules: requests are taken one at a time, in order; the next waits until the answer to the last is in the ring. A
 * request may arrive, and an answer leave, in any number of pieces. A request that is longer than a payload may be,
 * or indices that are further apart than the ring is long, cannot be answered: from then on the store is silent.
 * Source: <xen/io/xs_wire.h>; which error for what: Xen 3.1's store daemon.
 * Callers: service.c.
 */
#ifndef XEN_DOMAIN_STORE_H
#define XEN_DOMAIN_STORE_H

#include <stdbool.h>
#include <stdint.h>
#include <xen/io/xs_wire.h>

#define STORE_WATCHES_MAX 128
#define STORE_TRANSACTIONS_MAX 10

struct domain;

/* A message on its way out: its parts lie in store. */
struct store_message {
    struct xsd_sockmsg header;
    const char *payload;
};

/* What a domain keeps of its store. */
struct xenstore {
    bool broken;                     /* the guest broke the protocol: silent from then on */
    uint32_t taken;                  /* bytes of the request, its header first, that are here */
    struct xsd_sockmsg request;
    char payload[XENSTORE_PAYLOAD_MAX];

    struct store_message out[2];     /* the answer, and what a watch fires */
    uint32_t messages;               /* how many of them are to be sent */
    uint32_t sent;                   /* bytes of the first of them that are in the ring */
    char text[64];                   /* the answer's payload, when it is not fixed */

    uint64_t watches[STORE_WATCHES_MAX]; /* path and token of each, as a hash that is not 0; 0: none */
    uint32_t transactions[STORE_TRANSACTIONS_MAX]; /* their numbers; 0: none */
    uint32_t last_transaction;
};

/* Take the requests that are in the ring, and put as many answers into it as there is room for. */
void store_serve(struct domain *domain);

#endif
