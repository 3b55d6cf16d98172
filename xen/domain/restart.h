/*
 * restart.h - a domain that reboots or crashes is built again, as often as its configuration says (boot word
 * restarts=).
 *
 * Callers: end.c. Implemented in start.c.
 */
#ifndef XEN_DOMAIN_RESTART_H
#define XEN_DOMAIN_RESTART_H

#include <stdbool.h>
#include <stdint.h>

struct domain_config;

/*
 * The domain of this configuration rebooted or crashed and is gone: build it again. False: it has been built often
 * enough, or cannot be built; the latter is printed.
 */
bool domain_restart(const struct domain_config *config);
/* When no domain is left: frames and pages of the heap that are not free as they were before the first; else 0. */
uint32_t domains_leaked(void);

#endif
