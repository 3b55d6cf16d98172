/*
 * schedule.c - the vcpu that runs on this processor; see schedule.h.
 *
 * There is one domain with one vcpu now, so scheduling is: it runs, or the processor idles until it may.
 */
#include "xen/domain/schedule.h"

#include <xen/vcpu.h>

#include "trace/emit.h"
#include "xen/cpu/descriptor.h"
#include "xen/cpu/entry.h"
#include "xen/domain/end.h"
#include "xen/domain/events.h"
#include "xen/domain/mode.h"
#include "xen/domain/time.h"
#include "xen/guest/fpu.h"
#include "xen/guest/trap.h"
#include "xen/hypercall/debugreg.h"

void vcpu_load(struct vcpu *vcpu, uint32_t cause) {
    struct cpu *cpu = this_cpu();

    cpu->vcpu = vcpu;
    cpu_set_vcpu_info(vcpu->info);
    trace_set_identity(vcpu->domain->id, vcpu->id);
    vcpu->domain->mode->resume(vcpu, cause);
    tss_set_kernel_stack(vcpu->kernel_ss, vcpu->kernel_esp);
    trap_install_direct(vcpu);
    descriptor_load_ldt(vcpu->ldt_entries);
    debugreg_load(vcpu);
    fpu_vcpu_loaded(vcpu);
    time_update(vcpu);
    time_change_runstate(vcpu, RUNSTATE_running);
    time_arm(vcpu);
}

void vcpu_block(struct vcpu *vcpu) {
    vcpu->info->evtchn_upcall_mask = 0;
    if (!event_upcall_due(vcpu)) {
        vcpu->state |= VCPU_BLOCKED;
        cpu_add_work(WORK_BLOCKED);
    }
}

void vcpu_wake(struct vcpu *vcpu) {
    vcpu->state &= ~(VCPU_BLOCKED | VCPU_POLLING);
    vcpu->poll_timeout = 0;
}

/* Handle what came while the processor idled. False: the domain is dying. */
static bool handle_idle_work(struct vcpu *vcpu) {
    struct cpu *cpu = this_cpu();
    uint32_t timers = cpu->work & (WORK_TIMER_ONE_SHOT | WORK_TIMER_PERIODIC);

    cpu->work &= ~(timers | WORK_BLOCKED);
    if (timers) {
        time_handle(vcpu, timers);
    }
    return !vcpu->domain->dying;
}

/* With one vcpu and no other domain only its own timers can end its wait. */
static bool can_wake(const struct vcpu *vcpu) {
    if (vcpu->state & VCPU_DOWN) {
        return false;
    }
    return vcpu->poll_timeout != 0 ||
           (vcpu->virq_port[VIRQ_TIMER] != 0 && (vcpu->periodic_ns != 0 || vcpu->single_shot != 0));
}

void vcpu_wait(struct vcpu *vcpu) {
    vcpu->domain->mode->settle(vcpu->domain, TRACE_RECONNECT_preempted);
    time_change_runstate(vcpu, RUNSTATE_blocked);
    while (handle_idle_work(vcpu) && (vcpu->state & VCPU_NOT_RUNNABLE)) {
        if (!can_wake(vcpu)) {
            domain_fail(vcpu->domain, TRACE_END_REASON_killed, "it waits, and nothing is left that could wake it");
            return;
        }
        cpu_idle();
    }
    time_change_runstate(vcpu, RUNSTATE_running);
}
