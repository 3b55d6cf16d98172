/*
 * time.h - the time a guest sees, and its timers.
 *
 * A vcpu has a periodic timer (on from the start, as in Xen 3.x, until VCPUOP_stop_periodic_timer), a one-shot timer
 * and the timeout of a poll. The first two raise VIRQ_TIMER. Before a tick is delivered the vcpu's time fields are
 * renewed.
 * Source: struct vcpu_time_info and shared_info's wc_ fields in <xen/xen.h>, <xen/vcpu.h>.
 * Callers: schedule.c, hypercall/timer.c, hypercall/vcpu_op.c, build.c.
 */
#ifndef XEN_DOMAIN_TIME_H
#define XEN_DOMAIN_TIME_H

#include "xen/domain/domain.h"

/* Fill the wall-clock fields of a new domain's shared_info. */
void time_init_domain(struct domain *domain);
/* Renew the vcpu's system time and TSC stamp (version odd while it is being done). */
void time_update(struct vcpu *vcpu);

/* Set the timers of the current vcpu. period_ns 0: stop. deadline 0: stop. Times are system time in ns. */
void time_set_periodic(struct vcpu *vcpu, uint64_t period_ns);
void time_set_single_shot(struct vcpu *vcpu, uint64_t deadline);
void time_set_poll(struct vcpu *vcpu, uint64_t deadline);
/* Program the alarms for the vcpu that becomes current. */
void time_arm(struct vcpu *vcpu);

/* Return path: alarms (WORK_TIMER_* bits) that are due. */
void time_handle(struct vcpu *vcpu, uint32_t which);

/* Account the time since the last change to the vcpu's run state and enter state (RUNSTATE_* of <xen/vcpu.h>). */
void time_change_runstate(struct vcpu *vcpu, uint32_t state);
/* The run state as of now. */
void time_get_runstate(struct vcpu *vcpu, struct vcpu_runstate_info *info);
/* Copy run state and time to the areas that the guest registered; an area that cannot be written is left alone. */
void time_update_areas(struct vcpu *vcpu);

#endif
