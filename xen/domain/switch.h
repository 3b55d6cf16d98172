/*
 * switch.h - a domain changes its paging mode.
 *
 * Callers: hypercall/vm_assist.c, hypercall/domctl.c, mode_hop.c; build.c and end.c for the first and the last mode.
 */
#ifndef XEN_DOMAIN_SWITCH_H
#define XEN_DOMAIN_SWITCH_H

#include <stdint.h>

struct domain;

/* The mode (enum trace_mode) that the domain has asked for by its assists, should shadow mode end. */
uint32_t domain_mode_without_shadow(const struct domain *domain);

/*
 * From the domain's mode to that of this number (enum trace_mode), whether it runs or not. 0 when it is in that mode
 * afterwards. Otherwise nothing has changed: -XEN_ENOMEM: no memory for the mode; -XEN_EBUSY: a page table is mapped
 * writable; -XEN_EINVAL: a table holds an entry that the mode does not allow; -XEN_EPERM: a trusted or translated
 * domain stays what it is. The record mode_switch names table, entry and address. Takes as long as the domain's page tables are many: it
 * is not preempted.
 */
int32_t domain_switch_mode(struct domain *domain, uint32_t number);

#endif
