/*
 * page.h - the hypercall page: code through which a guest makes its hypercalls.
 *
 * Source: <xen/arch-x86/xen-x86_32.h> (call hypercall_page + number * 32).
 */
#ifndef XEN_HYPERCALL_PAGE_H
#define XEN_HYPERCALL_PAGE_H

#include <stdbool.h>

#include "shadow/port.h"

struct domain;

/* Fill a mapped page with the stubs. */
void hypercall_page_fill(void *page);
/* Fill a frame of the domain (the hypercall page MSR). False: not a frame it may write. */
bool hypercall_page_install(struct domain *domain, mfn_t mfn);

#endif
