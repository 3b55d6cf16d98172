/*
 * end.c - how a domain ends; see end.h.
 *
 * Order, and why: the domain is unloaded first, since no root may be loaded while it is freed (S10); the audit runs
 * while everything it looks at still lives; the mode puts its references before the frames are given back, so that what
 * remains afterwards is held by others, for whom it stays, or a leak.
 */
#include "xen/domain/end.h"

#include <xen/sched.h>

#include "shadow/shadow.h"
#include "trace/emit.h"
#include "xen/boot/options.h"
#include "xen/cpu/entry.h"
#include "xen/cpu/shutdown.h"
#include "xen/cpu/timer.h"
#include "xen/domain/console.h"
#include "xen/domain/events.h"
#include "xen/domain/foreign.h"
#include "xen/domain/grant.h"
#include "xen/domain/memory.h"
#include "xen/domain/mode.h"
#include "xen/domain/mode_hop.h"
#include "xen/domain/restart.h"
#include "xen/domain/schedule.h"
#include "xen/domain/time.h"
#include "xen/guest/fpu.h"
#include "xen/guest/gdt.h"
#include "xen/guest/ldt.h"
#include "xen/hypercall/table.h"
#include "xen/lib/printk.h"
#include "xen/mm/frame.h"

/* Frames looked at in one go, and the time until the next. */
#define FRAMES_A_STEP 2048u
#define STEP_NS 10000000u
#define ZOMBIE_STEP_NS 50000000u    /* there is no hurry: it waits for others */

/* domain.end_stage */
enum {
    END_BEGIN,
    END_AWAITED,                     /* the privileged domain, which made it, will say when it is to be destroyed */
    END_MEMORY,                      /* frames are given back */
    END_HELD,                        /* some are still mapped by others: the domain is a zombie until they are not */
    END_LEAKS,                       /* frames are left that nobody has a right to */
    END_FREE,
};

static void end(struct domain *domain, uint32_t code, uint32_t reason, const char *text) {
    if (domain->ended) {
        return;
    }
    domain->ended = true;
    domain->shutdown_code = code;
    domain->end_reason = reason;
    domain->end_text = text;
    domain->end_vcpu = domain->active;
    domain->end_eip = domain_is_current(domain) ? guest_regs()->eip : domain->active->regs.eip;
    for (uint32_t id = 0; id < DOMAIN_VCPUS_MAX; id++) {
        if (domain->vcpu[id]) {
            vcpu_sleep(domain->vcpu[id], VCPU_ENDED);
        }
    }
    cpu_add_work(WORK_DYING);
}

void domain_fail(struct domain *domain, uint32_t reason, const char *text) {
    end(domain, SHUTDOWN_crash, reason, text);
}

void domain_destroy(struct domain *domain) {
    domain->destroyed = domain->dying = true;
    domain_fail(domain, TRACE_END_REASON_destroyed, "it was destroyed by the privileged domain");
    cpu_add_work(WORK_DYING);
}

void domains_fail_all(const char *text) {
    for (struct domain *domain = domain_list; domain; domain = domain->next) {
        domain_fail(domain, TRACE_END_REASON_killed, text);
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
    trace_sched_shutdown(domain->id, code);
    if (code < sizeof(shutdown_codes) / sizeof(shutdown_codes[0])) {
        end(domain, code, shutdown_codes[code].reason, shutdown_codes[code].text);
    } else {
        end(domain, code, TRACE_END_REASON_crash, "it shut down with a code that Xen does not define");
    }
}

/* What became of a domain before it was destroyed is for him to judge who did that. */
static uint32_t outcome_of(const struct domain *domain) {
    if (domain->destroyed) {
        return domain->outcome;
    }
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
    const struct vcpu *vcpu = domain->end_vcpu;
    const struct cpu_user_regs *regs = current_vcpu() == vcpu ? guest_regs() : &vcpu->regs;

    trace_domain_ended(domain->end_reason, outcome, domain->end_eip, domain->end_text);
    if (domain->end_reason != TRACE_END_REASON_poweroff) {
        printk("Penumbra: domain %u ended: %s (at eip %08x)\n", domain->id, domain->end_text, domain->end_eip);
        printk("  eax %08x ebx %08x ecx %08x edx %08x esi %08x edi %08x ebp %08x\n", regs->eax, regs->ebx, regs->ecx,
               regs->edx, regs->esi, regs->edi, regs->ebp);
        printk("  its last hypercall was number %u: %s\n", vcpu->last_hypercall, hypercall_name(vcpu->last_hypercall));
        printk("  cs:eip %04x:%08x ss:esp %04x:%08x eflags %08x cr2 %08x\n", regs->cs, regs->eip, regs->ss, regs->esp,
               regs->eflags, (uint32_t)vcpu->info->arch.cr2);
    }
}

/* Those of the shadow engine, and of the other modes if they have been used. */
static void report_counters(const struct domain *domain) {
    uint32_t used = 0;

    for (uint32_t which = 0; domain->shadow && which <= TRACE_COUNTER_superpage_splits; which++) {
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

/* Nothing of the processor and of the hypervisor's clocks refers to the domain any more. */
static void detach(struct domain *domain) {
    mode_hop_stop(domain);
    event_ports_destroy(domain);
    for (uint32_t id = 0; id < DOMAIN_VCPUS_MAX; id++) {
        struct vcpu *vcpu = domain->vcpu[id];

        if (vcpu) {
            time_stop(vcpu);
            fpu_vcpu_gone(vcpu);
            gdt_release(vcpu);
            ldt_release(vcpu);
        }
    }
    if (domain_is_current(domain)) {
        vcpu_unload(current_vcpu());
    }
}

/* Everything but the memory. The records are the domain's, whoever runs. */
static void begin(struct domain *domain) {
    uint32_t outcome = outcome_of(domain);

    domain->dying = true;
    trace_set_identity(domain->id, 0);
    domain_console_end(domain);
    report_end(domain, outcome);
    mode_settle(domain, TRACE_RECONNECT_preempted);
    domain->violations = audit(domain);
    detach(domain);
    trace_set_identity(domain->id, 0); /* when it was unloaded nobody was current */
    domain->mode->leave(domain);
    report_counters(domain);
    modes_dispose(domain);
    grant_table_destroy(domain);
    domain->maps_others = false;
    for (uint32_t id = 0; id < DOMAIN_VCPUS_MAX; id++) {
        if (domain->vcpu[id]) {
            domain->vcpu[id]->base_pointer.n = MFN_NONE;
        }
    }
    trace_sched_dom_rem(domain->id);
    event_raise_global_virq(VIRQ_DOM_EXC);
    domain->end_stage = END_MEMORY;
}

/* A frame that somebody still refers to though nobody may. */
static void report_leak(const struct domain *domain, mfn_t mfn) {
    const struct frame *frame = frame_of(mfn);

    trace_audit_violation(5, mfn.n, 0, frame->count);
    printk("Penumbra: frame %05x of domain %u still has %u references (%u of type %u)\n", mfn.n, domain->id,
           frame->count, frame->type_count, frame->type);
}

/* One of the domain's frames, in its turn. True: it counts. */
static bool look_at(struct domain *domain, mfn_t mfn) {
    switch (domain->end_stage) {
    case END_MEMORY:
        memory_unpin(domain, mfn);
        memory_drop(domain, mfn);
        return frame_of(mfn)->owner == domain->id;
    case END_HELD:
        return foreign_held_by_others(domain, mfn);
    default:
        domain->violations++;
        report_leak(domain, mfn);
        return false;
    }
}

/* The domain's frames, some at a time. True: all have been looked at, and end_found says how many of them count. */
static bool look_at_frames(struct domain *domain) {
    uint32_t end = domain->end_cursor + FRAMES_A_STEP;

    for (; domain->end_cursor < frame_limit && domain->end_cursor < end; domain->end_cursor++) {
        mfn_t mfn = { domain->end_cursor };

        if (frame_of(mfn)->owner == domain->id) {
            domain->end_found += look_at(domain, mfn);
        }
    }
    return domain->end_cursor == frame_limit;
}

/* A page that the hypervisor shares with the domain, and that is mapped still. */
static bool shared_page_mapped(const struct domain *domain, mfn_t *mfn) {
    *mfn = domain_shared_info_mfn(domain);
    return frame_of(*mfn)->count != 1 || grant_table_leaks(domain, mfn);
}

/* What comes after a stage: a zombie stays one as long as somebody holds a frame. */
static uint32_t stage_after(const struct domain *domain) {
    mfn_t shared;
    bool held = shared_page_mapped(domain, &shared) && foreign_held_by_others(domain, shared);

    switch (domain->end_stage) {
    case END_MEMORY:
        return domain->end_found != 0 || held ? END_HELD : END_FREE;
    case END_HELD:
        return domain->end_found != 0 || held ? END_HELD : END_LEAKS;
    default:
        return END_FREE;
    }
}

/* How grave an outcome is, among those of domains. */
static uint32_t gravity(uint32_t outcome) {
    static const uint8_t order[] = {
        TRACE_OUTCOME_success, TRACE_OUTCOME_skip, TRACE_OUTCOME_error, TRACE_OUTCOME_failure, TRACE_OUTCOME_crash,
        TRACE_OUTCOME_violation,
    };

    for (uint32_t i = 0; i < sizeof(order); i++) {
        if (order[i] == outcome) {
            return i;
        }
    }
    return sizeof(order);
}

static uint32_t gravest = TRACE_OUTCOME_success; /* of the domains that are gone */

/* The domain owns nothing any more. */
static void finish(struct domain *domain) {
    const struct domain_config *config = domain->config;
    mfn_t shared;
    uint32_t outcome = outcome_of(domain), leaked;
    bool again = config && (outcome == TRACE_OUTCOME_crash || domain->end_reason == TRACE_END_REASON_reboot);

    if (shared_page_mapped(domain, &shared)) {
        domain->violations++;
        report_leak(domain, shared);
    }
    if (domain->violations != 0) {
        printk("Penumbra: the audit found %u violations\n", domain->violations);
        outcome = TRACE_OUTCOME_violation;
    }
    domain_free(domain);
    event_raise_global_virq(VIRQ_DOM_EXC);
    leaked = domains_leaked();
    if (leaked != 0) {
        printk("Penumbra: %u pages have not come back from domains that are gone\n", leaked);
        outcome = TRACE_OUTCOME_violation;
    }
    if (again && domain_restart(config) && outcome != TRACE_OUTCOME_violation) {
        outcome = TRACE_OUTCOME_success;
    }
    if (gravity(outcome) > gravity(gravest)) {
        gravest = outcome;
    }
    if (!domain_list) {
        machine_end(gravest);
    }
}

/* A domain that another one made stays as it ended until that one, or its end, says that it is to go. */
static bool is_awaited(const struct domain *domain) {
    const struct domain *control = domain_by_id(0);

    return !domain->config && !domain->destroyed && control && !control->ended;
}

static void await(struct domain *domain) {
    if (domain->end_stage == END_BEGIN) {
        domain->end_stage = END_AWAITED;
        event_raise_global_virq(VIRQ_DOM_EXC);
    }
}

/* Go on with the end of a domain. True: it is gone. */
static bool go_on(struct domain *domain) {
    if (domain->end_stage <= END_AWAITED) {
        begin(domain);
    }
    if (domain->end_stage != END_FREE && look_at_frames(domain)) {
        domain->end_stage = stage_after(domain);
        domain->end_cursor = domain->end_found = 0;
    }
    if (domain->end_stage == END_FREE) {
        finish(domain);
        return true;
    }
    return false;
}

static void step_due(struct timer *timer, uint64_t now) {
    (void)timer;
    (void)now;
    cpu_add_work(WORK_DYING);
}

void domains_reap(void) {
    static struct timer step = { .fire = step_due };
    bool left = false, zombies = false, others = this_cpu()->running || credit_anybody_waits();

    for (struct domain *domain = domain_list, *next; domain; domain = next) {
        next = domain->next;
        if (domain->ended && is_awaited(domain)) {
            await(domain);
        } else if (domain->ended && !go_on(domain)) {
            zombies = zombies || domain->end_stage == END_HELD;
            left = left || domain->end_stage != END_HELD;
        }
    }
    schedule_restore_identity();
    if (left && !others) {
        cpu_add_work(WORK_DYING);
    } else if (left || zombies) {
        timer_start(&step, system_time_ns() + (left ? STEP_NS : ZOMBIE_STEP_NS));
    }
    credit_forgive(system_time_ns());
}
