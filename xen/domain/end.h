/*
 * end.h - how a domain ends.
 *
 * Ending has two halves. domain_fail or domain_shutdown may be called from anywhere, deep inside an operation on the
 * domain: they note the reason (the first one stands) and return; the operation goes on to its end. On the way back to
 * the guest, where nothing is half done, domain_finish takes over on an empty stack, gives everything back and ends the
 * machine when no domain is left.
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
/* The domain asked for its end with Xen's SHUTDOWN_ code. */
void domain_shutdown(struct domain *domain, uint32_t code);

/* Destroy the current domain; see above. */
_Noreturn void domain_finish(void);
/* Abandon whatever the hypervisor is doing for the current, dying domain and go to domain_finish. */
_Noreturn void domain_abandon(void);

#endif
