/*
 * time.h - the time a guest sees, and the timers of its vcpus.
 *
 * A vcpu has a periodic timer (on from the start, as in Xen 3.x, until VCPUOP_stop_periodic_timer), a one-shot timer
 * and the timeout of a poll. The first two raise VIRQ_TIMER, whether the vcpu runs or not, and wake it. The vcpu's time
 * fields are renewed with every tick while it runs, and when it begins to run and they are old.
 * Source: struct vcpu_time_info and shared_info's wc_ fields in <xen/xen.h>, <xen/vcpu.h>.
 * Callers: schedule.c, end.c, build.c, domain.c, hypercall/timer_op.c, hypercall/vcpu_op.c.
 */
#ifndef XEN_DOMAIN_TIME_H
#define XEN_DOMAIN_TIME_H

#include "xen/domain/domain.h"

/* The time of a vcpu that does not tick is renewed when it begins to run after so many ticks of the TSC: 2^24. */
#define TIME_OLD_SHIFT 24

/* Fill the wall-clock fields of a new domain's shared_info. */
void time_init_domain(struct domain *domain);
/* The wall clock shows this time (since 1970) when system time is system_time; every domain is told. */
void time_set_wall_clock(uint64_t seconds, uint32_t ns, uint64_t system_time);
/* The timers and the run state of a new vcpu; the timers are off. */
void time_init_vcpu(struct vcpu *vcpu);
/*
 * Renew the vcpu's time as of tsc (version odd while it is being done). All vcpus reckon from whole nanoseconds: their
 * clocks do not differ by as much as one.
 */
void time_update(struct vcpu *vcpu, uint64_t tsc);

/*
 * Is the vcpu's time so old that it wants to be renewed? Nothing would be wrong with it: the rate of the TSC is constant,
 * and what the guest works out from an old stamp is the same. So a look at the low half will do. tsc: the TSC now.
 */
static inline bool time_is_old(const struct vcpu *vcpu, uint64_t tsc) {
    return ((uint32_t)tsc ^ (uint32_t)vcpu->info->time.tsc_timestamp) >> TIME_OLD_SHIFT != 0;
}

/* Set the timers of a vcpu. period_ns 0: stop. deadline 0: stop. Times are system time in ns. */
void time_set_periodic(struct vcpu *vcpu, uint64_t period_ns);
void time_set_single_shot(struct vcpu *vcpu, uint64_t deadline);
void time_set_poll(struct vcpu *vcpu, uint64_t deadline);
/*
 * Start the vcpu's periodic timer when it comes up (boot option phase: its first tick comes so much later); stop all its timers
 * when it is gone.
 */
void time_start(struct vcpu *vcpu);
void time_stop(struct vcpu *vcpu);
/* Can one of its timers end the vcpu's wait? */
bool time_can_wake(const struct vcpu *vcpu);

/*
 * Account the time since the last change to the vcpu's run state and enter state (RUNSTATE_* of <xen/vcpu.h>). now:
 * system time.
 */
void time_change_runstate(struct vcpu *vcpu, uint32_t state, uint64_t now);
/* The run state as of now. */
void time_get_runstate(struct vcpu *vcpu, struct vcpu_runstate_info *info);
/*
 * Copy run state and time to the areas that the guest registered; an area that cannot be written is left alone. The
 * vcpu must be loaded.
 */
void time_update_areas(struct vcpu *vcpu);

#endif
