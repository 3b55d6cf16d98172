/*
 * build.h - making a domain that can run from a kernel image.
 *
 * Callers: start.c.
 */
#ifndef XEN_DOMAIN_BUILD_H
#define XEN_DOMAIN_BUILD_H

#include "xen/domain/image.h"
#include "xen/domain/layout.h"

struct domain;
struct domain_config;

/*
 * Build domain number id from its configuration: it can run, and the scheduler knows it. NULL with *problem: its
 * modules are missing or refused, or there is not enough memory; whatever had been made has been given back.
 */
struct domain *domain_build(const struct domain_config *config, uint32_t id, struct image_problem *problem);

#endif
