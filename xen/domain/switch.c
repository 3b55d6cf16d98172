/*
 * switch.c - see switch.h.
 *
 * Order, and why: memory for the new mode first, because that may be refused; then the hypervisor's own root is loaded,
 * since no root may be in CR3 while it is given up; the old mode leaves, so that its references are not in the new
 * one's way; the new one enters. If it cannot, the old one enters again: it needs no new memory, and what it accepted a
 * moment ago it accepts now.
 */
#include "xen/domain/switch.h"

#include <xen/errno.h>

#include "trace/emit.h"
#include "xen/boot/options.h"
#include "xen/domain/domain.h"
#include "xen/domain/mode.h"
#include "xen/lib/panic.h"
#include "xen/mm/layout.h"
#include "xen/mm/tlb.h"

#define SWITCHES_AN_AUDIT 100u

/* What the modes keep count of must add up: after every hundredth change, and with audit=full after every one. */
static void audit(struct domain *domain) {
    bool due = domain->mmu_counters[TRACE_MMU_COUNTER_mode_switches] % SWITCHES_AN_AUDIT == 0;

    if (boot_options.audit == OPTION_AUDIT_FULL || (boot_options.audit == OPTION_AUDIT_CHEAP && due)) {
        uint32_t checks, violations = domain->mode->audit(domain, &checks);

        trace_audit_done(checks, violations);
    }
}

static int32_t finish(struct domain *domain, uint32_t from, uint32_t to, int32_t result, const struct refusal *why) {
    domain->mmu_counters[result == 0 ? TRACE_MMU_COUNTER_mode_switches : TRACE_MMU_COUNTER_mode_switches_refused]++;
    trace_mode_switch(from, to, result, why->reason, why->table.n, why->index, why->entry, why->linear);
    audit(domain);
    return result;
}

/* Out of one and into the other, or back. No root of the domain is in CR3. */
static int32_t change(struct domain *domain, const struct mode_ops *old, const struct mode_ops *new) {
    old->leave(domain);
    int32_t result = new->enter(domain);

    if (result == 0) {
        domain->mode = new;
        return 0;
    }
    int32_t back = old->enter(domain);

    ASSERT(back == 0);
    return result;
}

uint32_t domain_mode_without_shadow(const struct domain *domain) {
    return domain->assists & 1u << VMASST_TYPE_writable_pagetables ? TRACE_MODE_writable : TRACE_MODE_direct;
}

int32_t domain_switch_mode(struct domain *domain, uint32_t number) {
    const struct mode_ops *old = domain->mode, *new = mode_by_number(number);
    struct refusal why = { .reason = TRACE_REFUSAL_none };

    if (number == old->number) {
        return 0;
    }
    if (domain->translated) { /* no other mode could do with the numbers in its page tables */
        trace_mode_switch_begin(old->number, number);
        why.reason = TRACE_REFUSAL_translated;
        return finish(domain, old->number, number, -XEN_EPERM, &why);
    }
    if (old->unchecked) {
        return -XEN_EPERM;
    }
    if (domain->dirty_log) {
        return -XEN_EBUSY; /* other modes cannot tell what is written */
    }
    trace_mode_switch_begin(old->number, number);
    int32_t result = new->prepare(domain);

    if (result != 0) {
        why.reason = TRACE_REFUSAL_no_memory;
        return finish(domain, old->number, number, result, &why);
    }
    mode_settle(domain, TRACE_RECONNECT_mode_switch);
    if (old->enter == new->enter) {
        domain->mode = new;
        return finish(domain, old->number, number, 0, &why);
    }
    if (domain_is_current(domain)) {
        domain_forget_global(domain, TRACE_CAUSE_mode_switch);
        tlb_load_root((smfn_t){ layout_own_root_mfn() }, 0, TRACE_CAUSE_mode_switch);
    }
    result = change(domain, old, new);
    if (result != 0) {
        why = domain->direct.refusal;
    }
    if (domain_is_current(domain)) {
        domain->mode->resume(current_vcpu(), TRACE_CAUSE_mode_switch);
    }
    return finish(domain, old->number, number, result, &why);
}
