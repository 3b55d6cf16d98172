/*
 * schedule.c - see schedule.h.
 *
 * A vcpu stays loaded until another one runs: when the processor has idled and goes on with the same vcpu, nothing has
 * to be loaded and no TLB forgets.
 */
#include "xen/domain/schedule.h"

#include <xen/vcpu.h>

#include "trace/emit.h"
#include "xen/cpu/descriptor.h"
#include "xen/cpu/entry.h"
#include "xen/cpu/timer.h"
#include "xen/domain/console_input.h"
#include "xen/domain/end.h"
#include "xen/domain/events.h"
#include "xen/domain/mode.h"
#include "xen/domain/mode_hop.h"
#include "xen/domain/time.h"
#include "xen/guest/fpu.h"
#include "xen/guest/trap.h"
#include "xen/hypercall/debugreg.h"
#include "xen/mm/tlb.h"

/* ---- who can run --------------------------------------------------------------------------------------------------- */

static uint32_t runstate_of(const struct vcpu *vcpu) {
    if (vcpu->state == 0) {
        return RUNSTATE_runnable;
    }
    return vcpu->state & (VCPU_BLOCKED | VCPU_POLLING) ? RUNSTATE_blocked : RUNSTATE_offline;
}

/* The vcpu's state has changed while it does not run. */
static void note_runstate(struct vcpu *vcpu) {
    if ((uint32_t)vcpu->runstate.state != runstate_of(vcpu)) {
        time_change_runstate(vcpu, runstate_of(vcpu), system_time_ns());
    }
}

void vcpu_sleep(struct vcpu *vcpu, uint32_t why) {
    vcpu->state |= why;
    if (why & (VCPU_BLOCKED | VCPU_POLLING)) {
        trace_sched_block(vcpu->domain->id, vcpu->id);
    } else {
        trace_sched_sleep(vcpu->domain->id, vcpu->id);
    }
    if (this_cpu()->running == vcpu) {
        cpu_add_work(WORK_SCHEDULE);
    } else {
        credit_unqueue(vcpu);
        note_runstate(vcpu);
    }
}

void vcpu_resume(struct vcpu *vcpu, uint32_t why) {
    bool waited = vcpu->state & (VCPU_BLOCKED | VCPU_POLLING);

    if (!(vcpu->state & why)) {
        return;
    }
    vcpu->state &= ~why;
    if (vcpu->state != 0 || this_cpu()->running == vcpu) {
        return; /* the latter has not got as far as to stop */
    }
    trace_sched_wake(vcpu->domain->id, vcpu->id);
    note_runstate(vcpu);
    if (credit_queue(vcpu, waited)) {
        cpu_add_work(WORK_SCHEDULE);
    }
}

void vcpu_wake(struct vcpu *vcpu) {
    time_set_poll(vcpu, 0);
    vcpu_resume(vcpu, VCPU_BLOCKED | VCPU_POLLING);
}

void vcpu_block(struct vcpu *vcpu) {
    vcpu->info->evtchn_upcall_mask = 0;
    if (!event_upcall_due(vcpu)) {
        vcpu_sleep(vcpu, VCPU_BLOCKED);
    }
}

void vcpu_send_nmi(struct vcpu *vcpu) {
    vcpu->nmi_pending = true;
    if (vcpu == current_vcpu()) {
        cpu_add_work(WORK_NMI);
    }
    if (vcpu->state & (VCPU_BLOCKED | VCPU_POLLING)) {
        vcpu_wake(vcpu);
    }
}

/* Out of the way of the frequent. */
static __attribute__((noinline, cold)) void record_yield(const struct vcpu *vcpu) {
    trace_sched_yield(vcpu->domain->id, vcpu->id);
}

void vcpu_yield(struct vcpu *vcpu) {
    if (__builtin_expect(trace_mask & TRACE_CLASS_sched, 0)) {
        record_yield(vcpu);
    }
    if (credit_anybody_waits()) {
        vcpu->credit.yields = true;
        cpu_add_work(WORK_SCHEDULE);
    }
}

void domain_pause(struct domain *domain) {
    if (domain->paused++ != 0) {
        return;
    }
    for (uint32_t id = 0; id < DOMAIN_VCPUS_MAX; id++) {
        if (domain->vcpu[id]) {
            vcpu_sleep(domain->vcpu[id], VCPU_PAUSED);
        }
    }
}

void domain_unpause(struct domain *domain) {
    if (domain->paused == 0 || --domain->paused != 0) {
        return;
    }
    for (uint32_t id = 0; id < DOMAIN_VCPUS_MAX; id++) {
        if (domain->vcpu[id]) {
            vcpu_resume(domain->vcpu[id], VCPU_PAUSED);
        }
    }
}

/* ---- from one to another ------------------------------------------------------------------------------------------- */

/* Say that next runs now (NULL: nobody): what is recorded from here on is its. */
static void announce(const struct vcpu *previous, const struct vcpu *next) {
    uint32_t domid = next ? next->domain->id : TRACE_NO_DOMAIN, vcpu = next ? next->id : 0;

    trace_sched_switch(previous ? previous->domain->id : TRACE_NO_DOMAIN, previous ? previous->id : 0, domid, vcpu);
    trace_set_identity(domid, vcpu);
}

void schedule_restore_identity(void) {
    const struct vcpu *running = this_cpu()->running;

    trace_set_identity(running ? running->domain->id : TRACE_NO_DOMAIN, running ? running->id : 0);
}

/* Shorter than a call of memcpy, and it is done with every change. */
static inline void copy_registers(struct cpu_user_regs *to, const struct cpu_user_regs *from) {
    uint32_t words = sizeof(*to) / 4;

    asm volatile("rep movsl" : "+c"(words), "+D"(to), "+S"(from) : : "memory");
}

static void load(struct vcpu *vcpu, uint64_t tsc) {
    struct cpu *cpu = this_cpu();

    cpu->vcpu = vcpu;
    vcpu->domain->active = vcpu;
    cpu_set_vcpu_info(vcpu->info);
    vcpu->domain->mode->resume(vcpu, TRACE_CAUSE_domain_switch);
    tss_set_kernel_stack(vcpu->kernel_ss, vcpu->kernel_esp);
    idt_set_direct_trap(vcpu->direct_trap);
    descriptor_load_gdt(vcpu->id);
    descriptor_load_ldt(vcpu->ldt_entries);
    if (__builtin_expect(vcpu->switching != 0, 0)) {
        debugreg_load(vcpu);
    }
    fpu_vcpu_loaded(vcpu);
    if (__builtin_expect(time_is_old(vcpu, tsc), 0)) {
        time_update(vcpu, tsc);
    }
    if (__builtin_expect((vcpu->nmi_pending | vcpu->runstate_area | vcpu->time_area) != 0, 0)) {
        cpu_add_work((vcpu->nmi_pending ? WORK_NMI : 0) |
                     (vcpu->runstate_area != 0 || vcpu->time_area != 0 ? WORK_AREAS : 0));
    }
}

/* What only some have loaded. */
static __attribute__((noinline, cold)) void leave_nothing(const struct vcpu *vcpu) {
    debugreg_unload(vcpu);
    domain_forget_global(vcpu->domain, TRACE_CAUSE_domain_switch);
}

static void leave(struct vcpu *vcpu, const struct cpu_user_regs *regs) {
    mode_settle(vcpu->domain, TRACE_RECONNECT_preempted);
    copy_registers(&vcpu->regs, regs);
    if (__builtin_expect(vcpu->switching != 0, 0)) {
        leave_nothing(vcpu);
    }
}

void vcpu_unload(struct vcpu *vcpu) {
    struct cpu *cpu = this_cpu();

    debugreg_unload(vcpu);
    idt_set_direct_trap(idt_no_direct_trap());
    descriptor_load_ldt(0);
    domain_forget_global(vcpu->domain, TRACE_CAUSE_domain_switch);
    tlb_load_root((smfn_t){ layout_own_root_mfn() }, 0, TRACE_CAUSE_domain_switch);
    if (cpu->running == vcpu) {
        announce(vcpu, 0);
    }
    cpu->vcpu = cpu->running = 0;
    cpu_set_vcpu_info(&quiet_vcpu_info);
}

/* ---- idle ---------------------------------------------------------------------------------------------------------- */

static bool somebody_listens(void) {
    const struct domain *domain = domain_by_id(0);

    return console_input_open() && domain && domain->vcpu[0]->virq_port[VIRQ_CONSOLE] != 0;
}

/*
 * With everybody waiting only timers are left to end a wait, domains that are going away, and somebody who types:
 * that is reason enough to stay for a domain that listens.
 */
static bool can_anybody_wake(void) {
    if (this_cpu()->work != 0 || somebody_listens()) {
        return true;
    }
    for (const struct domain *domain = domain_list; domain; domain = domain->next) {
        for (uint32_t id = 0; id < DOMAIN_VCPUS_MAX; id++) {
            const struct vcpu *vcpu = domain->vcpu[id];

            if (vcpu && ((vcpu->state & VCPU_PARKED) || (!(vcpu->state & (VCPU_DOWN | VCPU_ENDED)) && time_can_wake(vcpu)))) {
                return true;
            }
        }
    }
    return false;
}

/* Do what waits, without a guest to go back to. */
static void work_while_idle(void) {
    struct cpu *cpu = this_cpu();
    uint32_t work = cpu->work;

    cpu->work = 0;
    if (work & WORK_DYING) {
        domains_reap();
    }
    if (work & WORK_HOP) {
        mode_hop_due();
    }
}

/* Nobody can run: wait until somebody can. */
static struct vcpu *idle(void) {
    struct cpu *cpu = this_cpu();
    struct vcpu *next;

    if (cpu->vcpu) {
        mode_settle(cpu->vcpu->domain, TRACE_RECONNECT_preempted);
    }
    if (cpu->running) {
        announce(cpu->running, 0);
        cpu->running = 0;
    }
    for (;;) {
        work_while_idle();
        next = credit_choose(0, system_time_ns());
        if (next) {
            return next;
        }
        if (!can_anybody_wake()) {
            domains_fail_all("it waits, and nothing is left that could wake it");
        }
        cpu_idle();
    }
}

void schedule(struct cpu_user_regs *regs) {
    struct cpu *cpu = this_cpu();
    uint64_t tsc = read_tsc(), now = system_time_of_tsc(tsc);
    struct vcpu *previous = cpu->running, *next = credit_choose(previous, now), *loaded = previous;

    if (next == previous && next) {
        return;
    }
    if (__builtin_expect(previous != 0, 1)) {
        time_change_runstate(previous, runstate_of(previous), now);
    }
    if (__builtin_expect(!next, 0)) {
        next = idle();
        tsc = read_tsc();
        now = system_time_of_tsc(tsc);
        previous = 0;
    }
    if (__builtin_expect(!previous, 0)) {
        loaded = cpu->vcpu; /* the processor has idled */
    }
    if (next != loaded && loaded) {
        leave(loaded, regs);
    }
    announce(previous, next);
    cpu->running = next;
    time_change_runstate(next, RUNSTATE_running, now);
    if (next != loaded) {
        load(next, tsc);
        copy_registers(regs, &next->regs);
    }
}
