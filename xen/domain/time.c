/*
 * time.c - guest time and timers; see time.h.
 */
#include "xen/domain/time.h"

#include "xen/cpu/timer.h"
#include "xen/domain/events.h"
#include "xen/domain/schedule.h"
#include "xen/mm/user_copy.h"

/* Called from the timer interrupt, on whatever stack: note it for the return path. */
void timer_fired(uint32_t which) {
    cpu_add_work(which);
}

static void memory_order(void) {
    asm volatile("" : : : "memory");
}

void time_init_domain(struct domain *domain) {
    struct shared_info *shared = domain->shared_info;

    shared->wc_version++;
    memory_order();
    shared->wc_sec = timer_boot_seconds();
    shared->wc_nsec = 0;
    memory_order();
    shared->wc_version++;
}

void time_update(struct vcpu *vcpu) {
    struct vcpu_time_info *time = &vcpu->info->time;
    uint64_t tsc = read_tsc();

    time->version++;
    memory_order();
    time->tsc_timestamp = tsc;
    time->system_time = system_time_of_tsc(tsc);
    time->tsc_to_system_mul = timer_tsc_scale.mul;
    time->tsc_shift = timer_tsc_scale.shift;
    memory_order();
    time->version++;
}

static void arm_one_shot(const struct vcpu *vcpu) {
    uint64_t deadline = vcpu->single_shot;

    if (vcpu->poll_timeout != 0 && (deadline == 0 || vcpu->poll_timeout < deadline)) {
        deadline = vcpu->poll_timeout;
    }
    timer_program(deadline);
}

void time_arm(struct vcpu *vcpu) {
    timer_program_periodic(vcpu->periodic_ns);
    arm_one_shot(vcpu);
}

void time_set_periodic(struct vcpu *vcpu, uint64_t period_ns) {
    vcpu->periodic_ns = period_ns;
    timer_program_periodic(period_ns);
}

void time_set_single_shot(struct vcpu *vcpu, uint64_t deadline) {
    vcpu->single_shot = deadline;
    arm_one_shot(vcpu);
}

void time_set_poll(struct vcpu *vcpu, uint64_t deadline) {
    vcpu->poll_timeout = deadline;
    arm_one_shot(vcpu);
}

static void handle_one_shot(struct vcpu *vcpu, bool *tick) {
    uint64_t now = system_time_ns();

    if (vcpu->single_shot != 0 && vcpu->single_shot <= now) {
        vcpu->single_shot = 0;
        *tick = true;
    }
    if (vcpu->poll_timeout != 0 && vcpu->poll_timeout <= now) {
        vcpu->poll_timeout = 0;
        if (vcpu->state & VCPU_POLLING) {
            vcpu_wake(vcpu);
        }
    }
    arm_one_shot(vcpu);
}

void time_handle(struct vcpu *vcpu, uint32_t which) {
    bool tick = (which & WORK_TIMER_PERIODIC) && vcpu->periodic_ns != 0;

    if (which & WORK_TIMER_ONE_SHOT) {
        handle_one_shot(vcpu, &tick);
    }
    if (tick) {
        time_update(vcpu);
        time_update_areas(vcpu);
        event_raise_virq(vcpu, VIRQ_TIMER);
    }
}

void time_get_runstate(struct vcpu *vcpu, struct vcpu_runstate_info *info) {
    *info = vcpu->runstate;
    info->time[info->state] += system_time_ns() - vcpu->state_since;
}

void time_change_runstate(struct vcpu *vcpu, uint32_t state) {
    uint64_t now = system_time_ns();

    vcpu->runstate.time[vcpu->runstate.state] += now - vcpu->state_since;
    vcpu->runstate.state = (int)state;
    vcpu->runstate.state_entry_time = now;
    vcpu->state_since = now;
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
