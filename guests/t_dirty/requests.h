/*
 * requests.h - domctl, as far as t_dirty needs it. Include it where __XEN_TOOLS__ is defined.
 *
 * Callers: guests/t_dirty.
 */
#ifndef GUESTS_T_DIRTY_REQUESTS_H
#define GUESTS_T_DIRTY_REQUESTS_H

#include <stdint.h>

#include <xen/domctl.h>

/* What domctl is called with, and has answered. */
extern struct xen_domctl request;

/* Call domctl with request, of this command and domain. */
long domctl(uint32_t command, uint32_t domain);
/* An operation of shadow_op on domain, with so many pages and the bitmap at this linear address; 0: none. */
long shadow_of(uint32_t domain, uint32_t operation, uint32_t mode, uint32_t bitmap, uint32_t count);
/* Give the watched domain a pool of so many bytes. */
long set_pool(uint64_t bytes);

#endif
