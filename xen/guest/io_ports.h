/*
 * io_ports.h - the I/O ports that a domain may really reach.
 *
 * A privileged domain has all of the machine's ports but those of what the hypervisor uses itself, as Xen's domain 0
 * has; other domains have none. Which instructions may be used at all is the virtual IOPL's and the bitmap's to say
 * (privop_io.c): without permission they go nowhere.
 * Callers: privop_io.c.
 */
#ifndef XEN_GUEST_IO_PORTS_H
#define XEN_GUEST_IO_PORTS_H

#include <stdbool.h>
#include <stdint.h>

struct domain;

/* May the domain reach bytes ports (1, 2 or 4) from port? All of them or none. */
bool io_ports_permitted(const struct domain *domain, uint32_t port, uint32_t bytes);
/* Read or write them; permission has been asked for. */
uint32_t io_ports_read(uint32_t port, uint32_t bytes);
void io_ports_write(uint32_t port, uint32_t bytes, uint32_t value);

#endif
