/*
 * shadow_pool.h - the memory of a domain's shadow engine: taken for its life, given back, and changed in size while the
 * domain lives.
 *
 * Pool and state are each one piece of the heap. A pool that shrinks keeps its first frames, so that shrinking never
 * wants for memory; one that grows is a new one beside the old. All shadows go in both cases, and come back by faults.
 * Callers: shadow_mode.c, hypercall/domctl_shadow.c.
 */
#ifndef XEN_GLUE_SHADOW_POOL_H
#define XEN_GLUE_SHADOW_POOL_H

#include "xen/domain/domain.h"

/* Make the engine, once, with a pool as large as the domain's is to be. -ENOMEM: nothing taken. */
int shadow_pool_make(struct domain *domain);
void shadow_pool_free(struct domain *domain);

/*
 * The pool becomes so many frames: at once, or when there will be one. domain is not the current one. -EINVAL: fewer
 * than DOMAIN_POOL_MIN or more than DOMAIN_POOL_MAX; -ENOMEM: the heap has no piece that large; nothing has changed
 * then.
 */
int shadow_pool_resize(struct domain *domain, uint32_t frames);

#endif
