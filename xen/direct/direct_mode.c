/*
 * direct_mode.c - direct page tables as a mode (xen/domain/mode.h).
 *
 * The guest's own directory is in CR3, so a page fault is the guest's, a flush is a flush, and all the work is in
 * checking what becomes an entry.
 */
#include "xen/direct/direct_mode.h"

#include <xen/errno.h>
#include <xen/features.h>

#include "shadow/guest_entry.h"
#include "xen/direct/audit.h"
#include "xen/direct/table.h"
#include "xen/direct/update.h"
#include "xen/direct/walk.h"
#include "xen/domain/foreign.h"
#include "xen/domain/memory.h"
#include "xen/domain/mode.h"
#include "xen/mm/tlb.h"

static enum frame_type pinned_as(mfn_t mfn) {
    return frame_of(mfn)->flags & FRAME_PIN_L2 ? FRAME_L2 : FRAME_L1;
}

static bool is_pinned(const struct domain *domain, mfn_t mfn) {
    return frame_owned_by(domain->id, mfn) && (frame_of(mfn)->flags & FRAME_PINNED);
}

/* All tables that leave, however long it takes. */
static void finish_leaving(struct domain *domain) {
    domain->direct.budget = DIRECT_UNBOUNDED;
    tables_left(domain);
}

/* The tables that must be valid as long as the mode lasts: those of the base pointers, and the pinned. */
static int get_roots(struct domain *domain, uint32_t *vcpus, uint32_t *frames) {
    int result = 0;

    for (*vcpus = 0; *vcpus < DOMAIN_VCPUS_MAX && result == 0; ++*vcpus) {
        const struct vcpu *vcpu = domain->vcpu[*vcpus];

        if (vcpu && vcpu->base_pointer.n != MFN_NONE) {
            result = table_get(domain, vcpu->base_pointer, FRAME_L2);
        }
    }
    uint32_t left = domain->pinned;

    for (*frames = 0; left > 0 && result == 0; ++*frames) {
        mfn_t mfn = { *frames };

        if (is_pinned(domain, mfn)) {
            left--;
            result = table_get(domain, mfn, pinned_as(mfn));
        }
    }
    return result;
}

/* The same, put: those of the first vcpus and the first frames. */
static void put_roots(struct domain *domain, uint32_t vcpus, uint32_t frames) {
    uint32_t left = domain->pinned;

    for (uint32_t n = 0; n < frames && left > 0; n++) {
        mfn_t mfn = { n };

        if (is_pinned(domain, mfn)) {
            left--;
            table_put(domain, mfn);
        }
    }
    for (uint32_t id = 0; id < vcpus; id++) {
        const struct vcpu *vcpu = domain->vcpu[id];

        if (vcpu && vcpu->base_pointer.n != MFN_NONE) {
            table_put(domain, vcpu->base_pointer);
        }
    }
}

/*
 * Is it a writable mapping of a table or of descriptors that stands in the way? Where the table was refused because of
 * it, the entry that maps it so is what the guest must know; the table that holds that has been checked before.
 */
static bool name_writer(struct domain *domain, struct refusal *refusal) {
    if (refusal->reason == TRACE_REFUSAL_table_busy && frame_of(refusal->table)->type == FRAME_WRITABLE &&
        walk_find_writable(domain, refusal->table, &refusal->table, &refusal->index, &refusal->linear)) {
        refusal->entry = walk_entry(refusal->table, refusal->index);
        return true;
    }
    return refusal->reason == TRACE_REFUSAL_frame_busy;
}

int direct_enter(struct domain *domain) {
    uint32_t vcpus, frames;

    domain->direct.budget = DIRECT_UNBOUNDED;
    foreign_forget_entries(domain);
    domain->foreign_owner = FOREIGN_ANYBODY; /* what is mapped already */
    int result = get_roots(domain, &vcpus, &frames);

    domain->foreign_owner = FOREIGN_NOBODY;
    if (result != 0) {
        struct refusal refusal = domain->direct.refusal;

        if (name_writer(domain, &refusal)) {
            result = -XEN_EBUSY;
        }
        put_roots(domain, frames == 0 ? vcpus - 1 : vcpus, frames == 0 ? 0 : frames - 1);
        finish_leaving(domain);
        foreign_forget_entries(domain);
        domain->direct.refusal = refusal;
    }
    return result;
}

/* Directories whose checking was begun by a hypercall that nobody asked again. */
static void drop_partial(struct domain *domain) {
    for (uint32_t n = 0; n < frame_limit && domain->direct.partial != 0; n++) {
        mfn_t mfn = { n };

        if (frame_owned_by(domain->id, mfn) && (frame_of(mfn)->flags & FRAME_PARTIAL)) {
            table_leave(domain, mfn, frame_of(mfn)->directory.checked);
        }
    }
}

void direct_leave(struct domain *domain) {
    finish_leaving(domain);
    drop_partial(domain);
    put_roots(domain, DOMAIN_VCPUS_MAX, frame_limit);
    finish_leaving(domain);
    foreign_forget_entries(domain);
}

int direct_prepare(struct domain *domain) {
    (void)domain;
    return 0;
}

void direct_dispose(struct domain *domain) {
    (void)domain;
}

int direct_load_base_pointer(struct vcpu *vcpu, gfn_t gfn, uint32_t cause) {
    struct domain *domain = vcpu->domain;
    mfn_t old = vcpu->base_pointer, gmfn = { gfn.n };

    if (cause == TRACE_CAUSE_guest_mov_cr3) { /* an instruction cannot be asked again half-way */
        finish_leaving(domain);
    }
    bool known = frame_owned_by(domain->id, gmfn) && is_table(gmfn, FRAME_L2);
    int result = table_get(domain, gmfn, FRAME_L2);

    if (__builtin_expect(result != 0, 0)) {
        return result;
    }
    domain->mmu_counters[TRACE_MMU_COUNTER_base_pointer_loads]++;
    vcpu->root = (smfn_t){ gmfn.n };
    vcpu->base_pointer = gmfn;
    trace_base_pointer(gmfn.n, gmfn.n, known);
    tlb_load_root(vcpu->root, 0, cause);
    if (old.n != MFN_NONE) {
        table_put(domain, old);
    }
    return 0;
}

int direct_take_base_pointer(struct domain *domain, mfn_t gmfn) {
    return table_get(domain, gmfn, FRAME_L2);
}

void direct_resume(struct vcpu *vcpu, uint32_t cause) {
    vcpu->root = (smfn_t){ vcpu->base_pointer.n };
    trace_base_pointer(vcpu->base_pointer.n, vcpu->base_pointer.n, 1);
    tlb_load_root(vcpu->root, 0, cause);
}

int direct_write_l1e(struct domain *domain, uint32_t linear, pte_t value) {
    mfn_t table;
    uint32_t index;

    if (walk_find_l1(domain->active->base_pointer, linear, &table, &index) != 0) {
        return -XEN_EINVAL;
    }
    return update_l1_entry(domain, table, index, value, TRACE_WRITE_VIA_update_va_mapping);
}

int direct_clear_l1e(struct domain *domain, uint32_t linear, pte_t expected) {
    mfn_t table;
    uint32_t index;

    if (walk_find_l1(domain->active->base_pointer, linear, &table, &index) != 0 ||
        !same_mapping(walk_entry(table, index), expected)) {
        return -XEN_EINVAL;
    }
    return update_l1_entry(domain, table, index, 0, TRACE_WRITE_VIA_update_va_mapping);
}

pte_t direct_guest_l1e(struct domain *domain, uint32_t linear) {
    mfn_t table;
    uint32_t index;

    return walk_find_l1(domain->active->base_pointer, linear, &table, &index) == 0 ? walk_entry(table, index) : 0;
}

int direct_pin(struct domain *domain, mfn_t mfn, uint32_t level) {
    int result = table_get(domain, mfn, level == 2 ? FRAME_L2 : FRAME_L1);

    if (result == 0 && memory_pin(domain, mfn, level) != 0) {
        table_put(domain, mfn);
        result = -XEN_EINVAL;
    }
    domain->mmu_counters[TRACE_MMU_COUNTER_pins] += result == 0;
    return result;
}

int direct_unpin(struct domain *domain, mfn_t mfn) {
    if (!is_pinned(domain, mfn)) {
        return -XEN_EINVAL;
    }
    table_put(domain, mfn);
    domain->mmu_counters[TRACE_MMU_COUNTER_unpins]++;
    return memory_unpin(domain, mfn);
}

enum fault_answer direct_page_fault(struct domain *domain, uint32_t linear, uint32_t *error_code,
                                    struct cpu_user_regs *regs, bool from_hypervisor) {
    (void)domain;
    (void)linear;
    (void)error_code;
    (void)regs;
    (void)from_hypervisor;
    return FAULT_TO_GUEST;
}

void direct_invlpg(struct domain *domain, uint32_t linear, uint32_t cause) {
    (void)domain;
    if (linear >= HYPERVISOR_LINEAR_START) {
        tlb_elided(cause, linear, 1); /* nothing of the guest is mapped there */
    } else {
        tlb_flush_page(linear, 1, cause);
    }
}

void direct_flush(struct domain *domain, uint32_t cause) {
    (void)domain;
    tlb_flush_non_global(0, cause);
}

void direct_frame_written(struct domain *domain, mfn_t mfn) {
    (void)domain; /* the writer held it as FRAME_WRITABLE: it is no table */
    (void)mfn;
}

void direct_frame_released(struct domain *domain, mfn_t mfn) {
    (void)mfn;
    if (domain->direct.unmapped_at == tlb_generation) {
        tlb_flush_non_global(0, TRACE_CAUSE_type_change);
        domain->mmu_counters[TRACE_MMU_COUNTER_type_flushes]++;
    }
}

/* The entry is gone already, so the domain has one less of at most as many as it may have. */
void direct_permission_lost(struct domain *domain, struct foreign_frame *frame) {
    (void)domain;
    for (uint32_t way = FOREIGN_READ; way <= FOREIGN_WRITE; way++) {
        if (frame->entries[way] > frame->mapped[way]) {
            frame->entries[way] = frame->mapped[way];
        }
    }
}

const struct mode_ops mode_direct = {
    .name = "direct",
    .number = TRACE_MODE_direct,
    .features = 1u << XENFEAT_mmu_pt_update_preserve_ad,
    .prepare = direct_prepare,
    .enter = direct_enter,
    .leave = direct_leave,
    .dispose = direct_dispose,
    .load_base_pointer = direct_load_base_pointer,
    .take_base_pointer = direct_take_base_pointer,
    .resume = direct_resume,
    .write_entry = update_entry,
    .write_l1e = direct_write_l1e,
    .clear_l1e = direct_clear_l1e,
    .guest_l1e = direct_guest_l1e,
    .pin = direct_pin,
    .unpin = direct_unpin,
    .page_fault = direct_page_fault,
    .invlpg = direct_invlpg,
    .flush = direct_flush,
    .frame_written = direct_frame_written,
    .frame_released = direct_frame_released,
    .permission_lost = direct_permission_lost,
    .audit = direct_audit,
};
