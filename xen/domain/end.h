/*
 * end.h - how a domain ends.
 *
 * Ending has two halves. domain_fail or domain_shutdown may be called from anywhere, deep inside an operation on the
 * domain: they note the reason (the first one stands), take its vcpus out of the scheduler and return; the operation
 * goes on to its end. On the way back to a guest, where nothing is half done, domains_reap takes over: it reports,
 * audits, and gives everything back, memory in parts, so that other domains are not kept waiting. When no domain is
 * left the machine ends, with the gravest of the domains' outcomes.
 *
 * A domain that the privileged one made stays in between, whole, until that one has seen why it ended and destroys it,
 * or is itself no more.
 */
#ifndef XEN_DOMAIN_END_H
#define XEN_DOMAIN_END_H

#include <stdint.h>

#include "xen/domain/domain.h"

/*
 * The domain will not run again. reason: enum trace_end_reason. text: a sentence part for people, "it ...", static
 * storage.
 */
void domain_fail(struct domain *domain, uint32_t reason, const char *text);
/* The privileged domain wants it gone, whether it has ended or not: from now on nobody can name it. */
void domain_destroy(struct domain *domain);
/* As domain_fail, for every domain that is left. */
void domains_fail_all(const char *text);
/* The domain asked for its end with Xen's SHUTDOWN_ code. */
void domain_shutdown(struct domain *domain, uint32_t code);

/*
 * Return path, WORK_DYING: go on with the end of each domain that has ended. Does not return when the last one is gone.
 * What is left to do comes with the next tick, or at once while the processor idles.
 */
void domains_reap(void);

#endif
