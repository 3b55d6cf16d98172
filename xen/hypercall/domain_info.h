/*
 * domain_info.h - what domctl and sysctl tell of a domain. Include it where __XEN_TOOLS__ is defined.
 *
 * Source: struct xen_domctl_getdomaininfo in <xen/domctl.h>; as Xen 3.1's getdomaininfo.
 * Callers: domctl.c, sysctl.c.
 */
#ifndef XEN_HYPERCALL_DOMAIN_INFO_H
#define XEN_HYPERCALL_DOMAIN_INFO_H

#include <stdint.h>

#include <xen/domctl.h>

struct domain;

/* The domain with the lowest number that is not below id; NULL: there is none. */
struct domain *domain_from(uint32_t id);
/* Fill info, all of it. */
void domain_info(const struct domain *domain, struct xen_domctl_getdomaininfo *info);

#endif
