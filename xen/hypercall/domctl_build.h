/*
 * domctl_build.h - the operations of domctl by which the privileged domain makes another one. Include it where
 * __XEN_TOOLS__ is defined.
 *
 * The way of Xen's tools: createdomain, max_mem, memory_op populate_physmap; the frames are filled through foreign
 * mappings, hypercall_init; setvcpucontext says where it begins; unpausedomain. A domain that is made so is in direct
 * mode until somebody changes it, and its page tables are checked like those of any other.
 * Source: <xen/domctl.h>; as Xen 3.1, where the interface has not changed since.
 * Callers: domctl.c.
 */
#ifndef XEN_HYPERCALL_DOMCTL_BUILD_H
#define XEN_HYPERCALL_DOMCTL_BUILD_H

#include <stdint.h>

#include <xen/domctl.h>

struct domain;
struct vcpu;

/*
 * Make a domain without memory, paused, all of its vcpus down; request->domain becomes its number. -EINVAL: flags that
 * only other kinds of domains have, or no number of vcpus; -EEXIST: the number that was asked for is taken; -ENOMEM.
 */
int32_t domctl_create(struct xen_domctl *request);
/* How much memory it may have. -EINVAL: it has more, or the machine has not so much. */
int32_t domctl_limit_memory(struct domain *domain, struct xen_domctl *request);
/* Fill a frame with the hypercall stubs. -EACCES: not a frame that the domain may write. */
int32_t domctl_fill_hypercall_page(struct domain *domain, struct xen_domctl *request);
/*
 * A vcpu's first state; with VGCF_online it is up. -EINVAL: no such vcpu, no context, or one that the domain may not
 * have; -EEXIST: it has a state; -EFAULT. May ask to be called again (hypercall_preempt on the caller).
 */
int32_t domctl_set_context(struct vcpu *caller, struct domain *domain, struct xen_domctl *request);

#endif
