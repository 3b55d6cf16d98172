/*
 * restart.h - a domain that reboots or crashes is built again, as often as its configuration says (boot word restarts=).
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
 * enough, or cannot be built; the latter is printed. *leaked: when it is the only domain, frames and heap pages that did
 * not come back from its last life.
 */
bool domain_restart(const struct domain_config *config, uint32_t *leaked);

#endif
