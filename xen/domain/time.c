/*
 * time.c - guest time and timers; see time.h.
 */
#include "xen/domain/time.h"

#include "trace/emit.h"
#include "xen/boot/options.h"
#include "xen/cpu/timer.h"
#include "xen/domain/events.h"
#include "xen/domain/schedule.h"
#include "xen/lib/divide.h"
#include "xen/mm/user_copy.h"

#define NS_PER_SECOND 1000000000u

static void memory_order(void) {
    asm volatile("" : : : "memory");
}

/* What the wall clock shows when system time is 0; until it is set: as the CMOS clock said at boot. */
static struct {
    bool set;
    uint32_t seconds, ns;
} wall_clock;

void time_init_domain(struct domain *domain) {
    struct shared_info *shared = domain->shared_info;

    shared->wc_version++;
    memory_order();
    shared->wc_sec = wall_clock.set ? wall_clock.seconds : timer_boot_seconds();
    shared->wc_nsec = wall_clock.ns;
    memory_order();
    shared->wc_version++;
}

void time_set_wall_clock(uint64_t seconds, uint32_t ns, uint64_t system_time) {
    uint64_t at_zero = seconds * NS_PER_SECOND + ns - system_time;

    wall_clock.set = true;
    wall_clock.seconds = (uint32_t)divide_u64(at_zero, NS_PER_SECOND, &wall_clock.ns);
    for (struct domain *domain = domain_list; domain; domain = domain->next) {
        time_init_domain(domain);
    }
}

void time_update(struct vcpu *vcpu, uint64_t tsc) {
    struct vcpu_time_info *time = &vcpu->info->time;
    uint64_t stamp = timer_whole_tsc(tsc);

    time->version++;
    memory_order();
    time->tsc_timestamp = stamp;
    time->system_time = system_time_of_tsc(stamp);
    time->tsc_to_system_mul = timer_tsc_scale.mul;
    time->tsc_shift = timer_tsc_scale.shift;
    memory_order();
    time->version++;
}

/* The vcpu's clock has ticked. Its time and areas are of use only while it can look at them. */
static void tick(struct vcpu *vcpu) {
    if (current_vcpu() == vcpu) {
        time_update(vcpu, read_tsc());
        if (vcpu->runstate_area != 0 || vcpu->time_area != 0) {
            cpu_add_work(WORK_AREAS);
        }
    }
    event_raise_virq(vcpu, VIRQ_TIMER);
}

/* Periods that passed unnoticed count once. */
static void periodic_due(struct timer *timer, uint64_t now) {
    struct vcpu *vcpu = timer->owner;
    uint64_t next = timer->deadline;

    do {
        next = next > UINT64_MAX - vcpu->periodic_ns ? UINT64_MAX : next + vcpu->periodic_ns;
    } while (next <= now);
    timer_start(timer, next);
    tick(vcpu);
}

static void single_shot_due(struct timer *timer, uint64_t now) {
    (void)now;
    tick(timer->owner);
}

static void poll_due(struct timer *timer, uint64_t now) {
    struct vcpu *vcpu = timer->owner;

    (void)now;
    if (vcpu->state & VCPU_POLLING) {
        vcpu_wake(vcpu);
    }
}

void time_init_vcpu(struct vcpu *vcpu) {
    vcpu->periodic_ns = divide_u64(NS_PER_SECOND, boot_options.timer_hz, 0);
    timer_make(&vcpu->periodic, periodic_due, vcpu);
    timer_make(&vcpu->single_shot, single_shot_due, vcpu);
    timer_make(&vcpu->poll, poll_due, vcpu);
    vcpu->runstate.state = RUNSTATE_offline;
    vcpu->runstate.state_entry_time = system_time_ns();
}

/* The first tick comes after a period and so much more. */
static void start_periodic(struct vcpu *vcpu, uint64_t more_ns) {
    if (vcpu->periodic_ns != 0 && !(vcpu->state & VCPU_DOWN)) {
        uint64_t now = system_time_ns() + more_ns;

        timer_start(&vcpu->periodic, vcpu->periodic_ns > UINT64_MAX - now ? UINT64_MAX : now + vcpu->periodic_ns);
    }
}

void time_set_periodic(struct vcpu *vcpu, uint64_t period_ns) {
    vcpu->periodic_ns = period_ns;
    timer_stop(&vcpu->periodic);
    start_periodic(vcpu, 0);
}

void time_start(struct vcpu *vcpu) {
    start_periodic(vcpu, boot_options.phase_us * 1000ull);
}

static void set(struct timer *timer, uint64_t deadline) {
    if (deadline != 0) {
        timer_start(timer, deadline);
    } else {
        timer_stop(timer);
    }
}

void time_set_single_shot(struct vcpu *vcpu, uint64_t deadline) {
    set(&vcpu->single_shot, deadline);
}

void time_set_poll(struct vcpu *vcpu, uint64_t deadline) {
    set(&vcpu->poll, deadline);
}

void time_stop(struct vcpu *vcpu) {
    timer_stop(&vcpu->periodic);
    timer_stop(&vcpu->single_shot);
    timer_stop(&vcpu->poll);
}

bool time_can_wake(const struct vcpu *vcpu) {
    return vcpu->poll.on || (vcpu->virq_port[VIRQ_TIMER] != 0 && (vcpu->periodic.on || vcpu->single_shot.on));
}

void time_get_runstate(struct vcpu *vcpu, struct vcpu_runstate_info *info) {
    *info = vcpu->runstate;
    info->time[info->state] += system_time_ns() - info->state_entry_time;
}

void time_change_runstate(struct vcpu *vcpu, uint32_t state, uint64_t now) {
    trace_sched_runstate_change(vcpu->domain->id, vcpu->id, (uint32_t)vcpu->runstate.state, state);
    vcpu->runstate.time[vcpu->runstate.state] += now - vcpu->runstate.state_entry_time;
    vcpu->runstate.state = (int)state;
    vcpu->runstate.state_entry_time = now;
}

void time_update_areas(struct vcpu *vcpu) {
    if (vcpu->runstate_area != 0) {
        copy_to_guest(vcpu->runstate_area, &vcpu->runstate, sizeof(vcpu->runstate));
    }
    if (vcpu->time_area != 0) {
        struct vcpu_time_info copy = vcpu->info->time;
        copy_to_guest(vcpu->time_area, &copy, sizeof(copy));
    }
}
