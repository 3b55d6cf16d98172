/*
 * return.c - the way back to a guest when something waits for it; called by entry.S (xen/cpu/entry.h).
 *
 * Order, and why: a domain that is dying goes first, since it is not to run again; a change of mode is made for whoever
 * is to have it; then the turn may be another vcpu's, and what follows is for the one that goes on. The event upcall
 * comes last, on top of any frame that an exception has just pushed.
 */
#include "xen/cpu/entry.h"
#include "xen/domain/console_input.h"
#include "xen/domain/domain.h"
#include "xen/domain/end.h"
#include "xen/domain/events.h"
#include "xen/domain/mode_hop.h"
#include "xen/domain/schedule.h"
#include "xen/domain/time.h"
#include "xen/guest/trap.h"
#include "xen/lib/console.h"

/* What is to be done before the turn can be another vcpu's, and after. */
static __attribute__((noinline)) void work_before(uint32_t work) {
    if (work & WORK_DYING) {
        domains_reap();
    }
    if (work & WORK_HOP) {
        mode_hop_due();
    }
}

static __attribute__((noinline)) void work_after(struct cpu_user_regs *regs, uint32_t work) {
    if (work & WORK_AREAS) {
        time_update_areas(current_vcpu());
    }
    if (work & WORK_NMI) {
        trap_deliver_nmi(current_vcpu(), regs);
    }
}

void guest_return(struct cpu_user_regs *regs) {
    struct cpu *cpu = this_cpu();

    uint32_t work = cpu->work;

    cpu->work = 0;
    if (__builtin_expect((work & ~WORK_SCHEDULE) != 0, 0)) {
        work_before(work);
    }
    if ((work & WORK_SCHEDULE) || !cpu->running) {
        schedule(regs);
    }
    if (__builtin_expect((work & ~WORK_SCHEDULE) != 0, 0)) {
        work_after(regs, work);
    }
    if (event_upcall_due(cpu->vcpu) && cpu->vcpu->state == 0) {
        trap_deliver_event(cpu->vcpu, regs);
    }
}

/* Beside the timer only COM1's line is open, when there is a domain to read from it. */
void irq_entry(struct cpu_user_regs *regs, uint32_t irq) {
    (void)regs;
    if (irq == CONSOLE_COM1_IRQ) {
        console_input_interrupt();
    }
}
