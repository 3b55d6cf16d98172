/*
 * service.h - the far ends that the hypervisor serves: until a control domain does it, somebody must empty the console
 * ring and answer the store of every domain, for kernels wait for both.
 *
 * Each service has a page of the domain's memory and an unbound port for domain 0; start_info names both. While
 * domain 0 has not bound the port, what the guest sends there calls the service, and what the service has done makes
 * the port pending.
 * Rules: the page is found by its pfn at each use and written only while it is ordinary memory, so a guest may give it
 * away, or make it a page table. What the guest wrote there is read once and believed in nothing. One call does a
 * bounded amount of work, whatever the page holds.
 * Callers: build.c, event_channel_op.c; console_ring.c and store.c implement the services.
 */
#ifndef XEN_DOMAIN_SERVICE_H
#define XEN_DOMAIN_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

struct domain;

enum service { SERVICE_CONSOLE, SERVICE_STORE, SERVICES };

/* What a domain keeps of one service. */
struct service_end {
    uint32_t pfn;
    uint32_t port;
};

/*
 * Give the domain the service: its page is pfn. Returns the port. domain->ports has room: the builder calls it first.
 */
uint32_t service_begin(struct domain *domain, enum service service, uint32_t pfn);

/* The guest sent an event to its unbound port of this number: if it is that of a service, the service works. */
void service_call(struct domain *domain, uint32_t port);

/* For services: the page, until service_page_done; NULL: there is none, or it is not ordinary memory now. */
void *service_page(struct domain *domain, enum service service);
/* page has been written, and is given back. */
void service_page_done(struct domain *domain, enum service service, void *page);
/* For services: tell the guest, unless the port has another use by now. */
void service_notify(struct domain *domain, enum service service);

#endif
