/*
 * end.c - how a domain ends; see end.h.
 *
 * Order in domain_finish, and why: the hypervisor's own root is loaded first, since no root may be loaded while it is
 * freed (S10); the audit runs while everything it looks at still lives; the mode puts its references before the frames
 * are given back, so that what remains afterwards is a leak.
 */
#include "xen/domain/end.h"

#include <xen/sched.h>

#include "shadow/shadow.h"
#include "trace/emit.h"
#include "xen/boot/options.h"
#include "xen/cpu/descriptor.h"
#include "xen/cpu/entry.h"
#include "xen/cpu/shutdown.h"
#include "xen/cpu/timer.h"
#include "xen/domain/memory.h"
#include "xen/domain/mode.h"
#include "xen/domain/schedule.h"
#include "xen/guest/fpu.h"
#include "xen/guest/gdt.h"
#include "xen/guest/ldt.h"
#include "xen/hypercall/debugreg.h"
#include "xen/hypercall/table.h"
#include "xen/lib/printk.h"
#include "xen/mm/frame.h"
#include "xen/mm/tlb.h"

void domain_fail(struct domain *domain, uint32_t reason, const char *text) {
    if (domain->dying) {
        return;
    }
    domain->dying = true;
    domain->end_reason = reason;
    domain->end_text = text;
    if (current_vcpu() && current_domain() == domain) {
        domain->end_eip = guest_regs()->eip;
        cpu_add_work(WORK_DYING);
    }
}

struct shutdown_code {
    uint32_t reason;
    const char *text;
};

static const struct shutdown_code shutdown_codes[] = {
    [SHUTDOWN_poweroff] = { TRACE_END_REASON_poweroff, "it powered off" },
    [SHUTDOWN_reboot] = { TRACE_END_REASON_reboot, "it asked for a reboot" },
    [SHUTDOWN_suspend] = { TRACE_END_REASON_suspend, "it asked to be suspended" },
    [SHUTDOWN_crash] = { TRACE_END_REASON_crash, "it reported a crash of its own" },
    [SHUTDOWN_watchdog] = { TRACE_END_REASON_watchdog, "it reported that its watchdog fired" },
};

void domain_shutdown(struct domain *domain, uint32_t code) {
    if (code < sizeof(shutdown_codes) / sizeof(shutdown_codes[0])) {
        domain_fail(domain, shutdown_codes[code].reason, shutdown_codes[code].text);
    } else {
        domain_fail(domain, TRACE_END_REASON_crash, "it shut down with a code that Xen does not define");
    }
}

static uint32_t outcome_of(const struct domain *domain) {
    switch (domain->end_reason) {
    case TRACE_END_REASON_poweroff:
        return domain->outcome;
    case TRACE_END_REASON_reboot:
    case TRACE_END_REASON_suspend:
        return TRACE_OUTCOME_error;
    default:
        return TRACE_OUTCOME_crash;
    }
}

static void report_end(const struct domain *domain, uint32_t outcome) {
    trace_domain_ended(domain->end_reason, outcome, domain->end_eip, domain->end_text);
    if (domain->end_reason != TRACE_END_REASON_poweroff) {
        const struct cpu_user_regs *regs = guest_regs();

        printk("Penumbra: domain %u ended: %s (at eip %08x)\n", domain->id, domain->end_text, domain->end_eip);
        printk("  eax %08x ebx %08x ecx %08x edx %08x esi %08x edi %08x ebp %08x\n", regs->eax, regs->ebx, regs->ecx,
               regs->edx, regs->esi, regs->edi, regs->ebp);
        printk("  its last hypercall was number %u: %s\n", domain->vcpu[0]->last_hypercall,
               hypercall_name(domain->vcpu[0]->last_hypercall));
        printk("  cs:eip %04x:%08x ss:esp %04x:%08x eflags %08x cr2 %08x\n", regs->cs, regs->eip, regs->ss, regs->esp,
               regs->eflags, (uint32_t)domain->vcpu[0]->info->arch.cr2);
    }
}

/* Those of the shadow engine, and of the other modes if they have been used. */
static void report_counters(const struct domain *domain) {
    uint32_t used = 0;

    for (uint32_t which = 0; domain->shadow && which <= TRACE_COUNTER_rmap_entries_high_water; which++) {
        trace_counter(which, shadow_counter(domain->shadow, which));
    }
    for (uint32_t which = 0; which < MMU_COUNTERS; which++) {
        used |= domain->mmu_counters[which];
    }
    for (uint32_t which = 0; which < MMU_COUNTERS && used; which++) {
        trace_mmu_counter(which, domain->mmu_counters[which]);
    }
}

/* The last audit. Returns what all audits of the domain found. */
static uint32_t audit(struct domain *domain) {
    if (boot_options.audit != OPTION_AUDIT_OFF) {
        uint32_t checks = 0, violations = domain->mode->audit(domain, &checks);

        trace_audit_done(checks, violations);
    }
    return domain->violations;
}

/* Stop running the domain's vcpu: nothing of the processor refers to it afterwards. */
static void unload(struct vcpu *vcpu) {
    struct cpu *cpu = this_cpu();

    timer_program_periodic(0);
    timer_program(0);
    debugreg_unload(vcpu);
    fpu_vcpu_gone(vcpu);
    idt_clear_direct_trap();
    gdt_release(vcpu);
    ldt_release(vcpu);
    descriptor_load_ldt(0);
    tlb_load_root((smfn_t){ layout_own_root_mfn() }, 0, TRACE_CAUSE_domain_switch);
    cpu->vcpu = 0;
    cpu->work = 0;
    cpu_set_vcpu_info(&quiet_vcpu_info);
}

/* A frame that somebody still refers to though nobody may. */
static void report_leak(const struct domain *domain, mfn_t mfn) {
    const struct frame *frame = frame_of(mfn);

    trace_audit_violation(5, mfn.n, 0, frame->count);
    printk("Penumbra: frame %05x of domain %u still has %u references (%u of type %u)\n", mfn.n, domain->id,
           frame->count, frame->type_count, frame->type);
}

/* Give every frame back. Returns how many could not be: somebody forgot a reference. */
static uint32_t release_memory(struct domain *domain) {
    mfn_t shared = domain_shared_info_mfn(domain);
    uint32_t leaks = 0;

    if (frame_of(shared)->count != 1) {
        leaks++;
        report_leak(domain, shared);
    }

    for (uint32_t n = 0; n < frame_limit; n++) {
        mfn_t mfn = { n };

        if (frame_of(mfn)->owner != domain->id) {
            continue;
        }
        memory_unpin(domain, mfn);
        memory_drop(domain, mfn);
        if (frame_of(mfn)->owner == domain->id) {
            leaks++;
            report_leak(domain, mfn);
        }
    }
    return leaks;
}

_Noreturn void domain_finish(void) {
    struct domain *domain = current_domain();
    struct vcpu *vcpu = current_vcpu();
    uint32_t outcome = outcome_of(domain);

    report_end(domain, outcome);
    domain->mode->settle(domain, TRACE_RECONNECT_preempted);
    uint32_t violations = audit(domain);

    unload(vcpu);
    domain->mode->leave(domain);
    report_counters(domain);
    modes_dispose(domain);
    vcpu->base_pointer.n = MFN_NONE;
    trace_set_identity(TRACE_NO_DOMAIN, 0);
    violations += release_memory(domain);
    domain_free(domain);
    if (violations != 0) {
        printk("Penumbra: the audit found %u violations\n", violations);
        outcome = TRACE_OUTCOME_violation;
    }
    machine_end(outcome);
}

_Noreturn void domain_abandon(void) {
    restart_on_empty_stack(domain_finish);
}
