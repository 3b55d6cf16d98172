/*
 * return.c - the way back to a guest when something waits for it; called by entry.S (xen/cpu/entry.h).
 *
 * Order, and why: a dying domain needs nothing more; alarms may wake a vcpu or raise an event; a vcpu that waits does
 * so here, where nothing of it is half done; the event upcall comes last, on top of any frame that an exception has
 * just pushed.
 */
#include "xen/cpu/entry.h"
#include "xen/domain/domain.h"
#include "xen/domain/end.h"
#include "xen/domain/events.h"
#include "xen/domain/schedule.h"
#include "xen/domain/time.h"
#include "xen/guest/trap.h"

static void handle_work(struct cpu *cpu, struct vcpu *vcpu, uint32_t work) {
    if (work & WORK_DYING) {
        domain_abandon();
    }
    cpu->work &= ~work;
    if (work & (WORK_TIMER_ONE_SHOT | WORK_TIMER_PERIODIC)) {
        time_handle(vcpu, work);
    }
    if (vcpu->state & VCPU_NOT_RUNNABLE) {
        vcpu_wait(vcpu);
    }
}

void guest_return(struct cpu_user_regs *regs) {
    struct cpu *cpu = this_cpu();
    struct vcpu *vcpu = cpu->vcpu;
    uint32_t work = cpu->work;

    if (work != 0) {
        handle_work(cpu, vcpu, work);
    }
    if (event_upcall_due(vcpu) && !vcpu->domain->dying) {
        trap_deliver_event(vcpu, regs);
    }
}

/* The machine has no device that a guest is given: an interrupt that comes nevertheless is nobody's. */
void irq_entry(struct cpu_user_regs *regs, uint32_t irq) {
    (void)regs;
    (void)irq;
}
