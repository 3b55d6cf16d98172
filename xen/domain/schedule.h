/*
 * schedule.h - which vcpu runs, when it waits, and what the return path has to look at.
 *
 * this_cpu()->work says that something waits for the next return to a guest. Callers: xen/guest (return.c),
 * xen/hypercall (sched_op), events, time.
 */
#ifndef XEN_DOMAIN_SCHEDULE_H
#define XEN_DOMAIN_SCHEDULE_H

#include <stdint.h>

#include "xen/domain/domain.h"

/* Bits of this_cpu()->work. */
#define WORK_TIMER_ONE_SHOT 1u   /* the alarms, as timer_fired was told (TIMER_ONE_SHOT, TIMER_PERIODIC) */
#define WORK_TIMER_PERIODIC 2u
#define WORK_DYING 4u            /* the current domain is dying */
#define WORK_BLOCKED 8u          /* the current vcpu does not want to run */

/*
 * Make vcpu the one this processor runs: its root, stack, traps, descriptor tables, debug registers. cause: enum
 * trace_cause of the load of CR3.
 */
void vcpu_load(struct vcpu *vcpu, uint32_t cause);

/* Block the current vcpu until an event is pending for it (events are unmasked, as Xen's SCHEDOP_block does). */
void vcpu_block(struct vcpu *vcpu);
/* The vcpu goes on with runnable state: an event came, a poll ended. */
void vcpu_wake(struct vcpu *vcpu);
/*
 * Return path: idle until the current vcpu may run again. When nothing that could wake it is left (no timer armed, no
 * other domain), the domain is ended with a message.
 */
void vcpu_wait(struct vcpu *vcpu);

#endif
