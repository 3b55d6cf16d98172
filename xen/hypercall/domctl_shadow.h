/*
 * domctl_shadow.h - domctl: shadow paging of another domain, its log of dirty frames, samples of what it uses, and
 * the size of its pool.
 *
 * What goes through all of a domain's numbers is done in parts, between which others run, the domain too. How far it
 * came is in the caller's request: bit 31 of op is set, and stats hold what there is so far. Whoever sets it himself
 * goes on where he likes; he is privileged.
 * Source: <xen/domctl.h>; what Xen does not define is in xen/public/penumbra.h. Callers: domctl.c.
 */
#ifndef XEN_HYPERCALL_DOMCTL_SHADOW_H
#define XEN_HYPERCALL_DOMCTL_SHADOW_H

#include <stdint.h>

struct domain;
struct xen_domctl;

/*
 * XEN_DOMCTL_shadow_op. -EINVAL: the caller itself, no such operation or flag, a log that is or is not on, samples that
 * are not taken, a range or a size that cannot be; -EOPNOTSUPP: of a log or samples, the domain is not in shadow mode;
 * -ENOMEM; -EFAULT: the bitmap cannot be written; what a change of mode is refused with. Nothing has changed then (but
 * what was reported before the caller took its bitmap away in the middle of it). -ERESTART: preempted.
 */
int32_t domctl_shadow(struct domain *domain, struct xen_domctl *request);

/* Frames of the pool, in bytes. set: -EINVAL: not whole pages, the caller itself, or out of range; -ENOMEM. */
int32_t domctl_get_pool(struct domain *domain, struct xen_domctl *request);
int32_t domctl_set_pool(struct domain *domain, struct xen_domctl *request);

#endif
