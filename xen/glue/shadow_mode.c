/*
 * shadow_mode.c - shadow paging as a mode (xen/domain/mode.h): the operations of the table, each a few lines over
 * shadow/shadow.h.
 *
 * The engine decides what must be forgotten; what executes it is xen/mm/tlb.h. A flush that the guest asked for is
 * always executed: the engine counts on it to make the TLB forget what it deferred.
 */
#include <xen/errno.h>
#include <xen/features.h>

#include "shadow/shadow.h"
#include "trace/emit.h"
#include "xen/boot/options.h"
#include "xen/domain/domain.h"
#include "xen/domain/foreign.h"
#include "xen/domain/memory.h"
#include "xen/domain/mode.h"
#include "xen/domain/physmap.h"
#include "xen/glue/known_tables.h"
#include "xen/glue/shadow_pool.h"
#include "xen/glue/shadow_tlb.h"
#include "xen/glue/shadow_watch.h"
#include "xen/lib/panic.h"
#include "xen/mm/frame.h"
#include "xen/mm/tlb.h"

#define AUDIT_INTERVAL 64 /* page-table operations between two audits with audit=full */

static uint32_t shadow_mode_audit(struct domain *domain, uint32_t *checks) {
    uint32_t violations = shadow_audit(domain->shadow, checks);

    domain->violations += violations;
    return violations;
}

static __attribute__((noinline)) void audit_sometimes(struct domain *domain) {
    if (++domain->table_operations % AUDIT_INTERVAL == 0) {
        uint32_t checks;
        uint32_t violations = shadow_mode_audit(domain, &checks);

        trace_audit_done(checks, violations);
    }
}

/* After an operation on page tables: with audit=full every so often everything is checked. */
static inline void count_operation(struct domain *domain) {
    if (__builtin_expect(boot_options.audit == OPTION_AUDIT_FULL, 0)) {
        audit_sometimes(domain);
    }
}

static __attribute__((noinline, cold)) void note_entry_written(struct domain *domain, mfn_t table) {
    if (frame_owned_by(domain->id, table)) {
        dirty_log_note(domain, table);
    }
    count_operation(domain);
}

/* After an entry of table was written for the guest, or not, when the table is not the domain's. One look at one word. */
static inline void entry_written(struct domain *domain, mfn_t table) {
    if (__builtin_expect(tables_watched, 0)) {
        note_entry_written(domain, table);
    }
}

static void dispose(struct domain *domain) {
    shadow_pool_free(domain);
    watch_dispose(domain);
}

static void policy_changed(struct domain *domain) {
    uint32_t switches = domain->shadow_switches;

    shadow_set_policy(domain->shadow, (enum shadow_policy)domain->shadow_policy,
                      domain->global_pages ? switches : switches & ~SHADOW_SWITCH_GLOBAL);
}

/* Whatever the guest's tables say is found out by faults. */
static int enter(struct domain *domain) {
    policy_changed(domain);
    return 0;
}

static void leave(struct domain *domain) {
    shadow_clear(domain->shadow);
}

static __attribute__((noinline)) int load_base_pointer(struct vcpu *vcpu, gfn_t gfn, uint32_t cause) {
    mfn_t gmfn = { gfn.n };
    smfn_t root;
    bool cached;

    if (shadow_set_base_pointer(vcpu->domain->shadow, gmfn, &root, &cached) != 0) {
        return -XEN_EINVAL;
    }
    vcpu->root = root;
    vcpu->base_pointer = gmfn;
    if (!cached) {
        known_tables_note_directory(vcpu->domain, gmfn);
    }
    trace_base_pointer(gmfn.n, root.n, cached);
    tlb_load_root(root, 0, cause);
    count_operation(vcpu->domain);
    return 0;
}

/* Nothing is held: a frame that is a base pointer cannot be given back, and its root is made when it is loaded. */
static int take_base_pointer(struct domain *domain, mfn_t gmfn) {
    return memory_may_be_table(domain, gmfn) ? 0 : -XEN_EINVAL;
}

/* Another vcpu of the domain has run on another base pointer. */
static __attribute__((noinline, cold)) void resume_elsewhere(struct vcpu *vcpu, uint32_t cause) {
    if (load_base_pointer(vcpu, (gfn_t){ vcpu->base_pointer.n }, cause) != 0) {
        panic("the page directory %05x that domain %u runs on has stopped being its own", vcpu->base_pointer.n,
              vcpu->domain->id);
    }
}

/* Most switches come back to where the domain was: done with nothing called, while nobody records it. */
static void resume(struct vcpu *vcpu, uint32_t cause) {
    if (__builtin_expect(trace_mask & TRACE_CLASS_flush, 0) ||
        __builtin_expect(!shadow_same_base_pointer(vcpu->domain->shadow, vcpu->base_pointer, &vcpu->root), 0)) {
        resume_elsewhere(vcpu, cause);
        return;
    }
    tlb_load_root(vcpu->root, 0, cause);
}

static __attribute__((noinline)) int write_entry(struct domain *domain, uint32_t address, pte_t value) {
    mfn_t table = { address >> PAGE_SHIFT };
    uint32_t index = address % PAGE_SIZE / sizeof(pte_t);
    int result = shadow_write_entry(domain->shadow, table, index, value, address & MMU_PT_UPDATE_PRESERVE_AD,
                                    TRACE_WRITE_VIA_mmu_update);

    if (result == 0 && (frame_of(table)->flags & FRAME_PIN_L2 || table.n == domain->active->base_pointer.n)) {
        known_tables_note(domain, value);
    }
    entry_written(domain, table);
    return result == 0 ? 0 : -XEN_EINVAL;
}

static int write_l1e(struct domain *domain, uint32_t linear, pte_t value) {
    mfn_t table;
    uint32_t index;

    if (shadow_find_l1(domain->shadow, linear, &table, &index) != 0) {
        return -XEN_EINVAL;
    }
    int result = shadow_write_entry(domain->shadow, table, index, value, false, TRACE_WRITE_VIA_update_va_mapping);

    entry_written(domain, table);
    return result == 0 ? 0 : -XEN_EINVAL;
}

static int clear_l1e(struct domain *domain, uint32_t linear, pte_t expected) {
    mfn_t table;
    uint32_t index;

    if (shadow_find_l1(domain->shadow, linear, &table, &index) != 0) {
        return -XEN_EINVAL;
    }
    int result = shadow_clear_entry(domain->shadow, table, index, expected, TRACE_WRITE_VIA_update_va_mapping);

    entry_written(domain, table);
    return result == 0 ? 0 : -XEN_EINVAL;
}

static pte_t guest_l1e(struct domain *domain, uint32_t linear) {
    return shadow_guest_l1e(domain->shadow, linear);
}

static enum fault_answer page_fault(struct domain *domain, uint32_t linear, uint32_t *error_code,
                                    struct cpu_user_regs *regs, bool from_hypervisor) {
    enum shadow_verdict verdict = shadow_page_fault(domain->shadow, linear, error_code, regs, from_hypervisor);

    count_operation(domain);
    return (enum fault_answer)verdict;
}

_Static_assert((int)FAULT_REPAIRED == (int)SHADOW_RETRY && (int)FAULT_TO_GUEST == (int)SHADOW_TO_GUEST &&
               (int)FAULT_FATAL == (int)SHADOW_DEAD, "the answers are the engine's verdicts");

static void invlpg(struct domain *domain, uint32_t linear, uint32_t cause) {
    if (linear >= HYPERVISOR_LINEAR_START) {
        tlb_elided(cause, linear, 1); /* nothing of the guest is mapped there */
        return;
    }
    shadow_invlpg(domain->shadow, linear);
    tlb_flush_page(linear, 1, cause);
}

static void flush(struct domain *domain, uint32_t cause) {
    shadow_flush(domain->shadow);
    shadow_tlb_flush(domain, cause);
}

static bool has_global(const struct domain *domain) {
    return shadow_has_global(domain->shadow);
}

static void frame_written(struct domain *domain, mfn_t mfn) {
    shadow_frame_written(domain->shadow, mfn);
    count_operation(domain);
}

static void frame_released(struct domain *domain, mfn_t mfn) {
    shadow_frame_released(domain->shadow, mfn);
}

/* The guest can make entries for the frame as it likes, so that more than those of the grants may have been shadowed. */
static void permission_lost(struct domain *domain, struct foreign_frame *frame) {
    if (frame->mapped[FOREIGN_WRITE] != 0) {
        return;
    }
    if (frame->entries[FOREIGN_WRITE] != 0 || (frame->mapped[FOREIGN_READ] == 0 && frame->entries[FOREIGN_READ] != 0)) {
        shadow_frame_released(domain->shadow, frame->mfn);
    }
}

/*
 * A pin is only remembered: for Xen's sake, for the mode that the domain may change to, and for what it says of other
 * frames.
 */
static int pin(struct domain *domain, mfn_t mfn, uint32_t level) {
    int result = memory_pin(domain, mfn, level);

    if (result == 0 && level == 2) {
        known_tables_note_directory(domain, mfn);
    } else if (result == 0) {
        frame_of(mfn)->flags |= FRAME_TABLE;
    }
    return result;
}

static int unpin(struct domain *domain, mfn_t mfn) {
    int result = memory_unpin(domain, mfn);

    if (result == 0) {
        shadow_unpin(domain->shadow, mfn);
    }
    return result;
}

/* --- a translated domain: what names a frame is its number --- */

static __attribute__((cold)) int load_numbered(struct vcpu *vcpu, gfn_t gfn, uint32_t cause) {
    return load_base_pointer(vcpu, (gfn_t){ physmap_frame(vcpu->domain, gfn.n).n }, cause);
}

static __attribute__((cold)) int write_numbered(struct domain *domain, uint32_t address, pte_t value) {
    return write_entry(domain, physmap_entry(domain, address), value);
}

#define OPERATIONS .name = "shadow", .number = TRACE_MODE_shadow, \
    .prepare = shadow_pool_make, .dispose = dispose, .enter = enter, .leave = leave, \
    .take_base_pointer = take_base_pointer, .resume = resume, \
    .write_l1e = write_l1e, .clear_l1e = clear_l1e, .guest_l1e = guest_l1e, .pin = pin, .unpin = unpin, \
    .page_fault = page_fault, .invlpg = invlpg, .flush = flush, .has_global = has_global, \
    .frame_written = frame_written, .frame_released = frame_released, .permission_lost = permission_lost, \
    .policy_changed = policy_changed, .audit = shadow_mode_audit
#define FEATURES (1u << XENFEAT_writable_page_tables | 1u << XENFEAT_mmu_pt_update_preserve_ad)

const struct mode_ops mode_shadow = {
    OPERATIONS,
    .features = FEATURES,
    .load_base_pointer = load_base_pointer,
    .write_entry = write_entry,
};

const struct mode_ops mode_translated = {
    OPERATIONS,
    .features = FEATURES | 1u << XENFEAT_auto_translated_physmap,
    .load_base_pointer = load_numbered,
    .write_entry = write_numbered,
};
