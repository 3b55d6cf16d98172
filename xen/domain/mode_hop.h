/*
 * mode_hop.h - domains that change their paging mode by the clock (boot words hop= and modes=).
 *
 * The timer notes that it is time; the change is made on the return path, between two instructions of the guest. A
 * change that cannot be made is refused and recorded as any other, and the next mode is tried the next time.
 * Callers: build.c, end.c, schedule.c, xen/guest/return.c.
 */
#ifndef XEN_DOMAIN_MODE_HOP_H
#define XEN_DOMAIN_MODE_HOP_H

struct domain;

/* Start the clock of a new domain, if its configuration wants one; stop it when the domain ends. */
void mode_hop_start(struct domain *domain);
void mode_hop_stop(struct domain *domain);
/* Return path, WORK_HOP: make the changes that are due. */
void mode_hop_due(void);

#endif
