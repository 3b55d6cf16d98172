/*
 * console_ring.h - the far end of a domain's console page (service.h): what the guest puts into the output ring is
 * printed. Nobody types at this machine: the input ring stays empty.
 *
 * Source: <xen/io/console.h>.
 * Callers: service.c, end.c.
 */
#ifndef XEN_DOMAIN_CONSOLE_RING_H
#define XEN_DOMAIN_CONSOLE_RING_H

struct domain;

/* Print what is in the output ring, and tell the guest that there is room again. */
void console_ring_drain(struct domain *domain);

#endif
