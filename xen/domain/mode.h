/*
 * mode.h - a paging mode as a table of operations.
 *
 * Rules: outside of the room that implements a mode nobody asks which mode a domain is in; the table says everything. A
 * hypercall checks its arguments' form and calls one of these. Operations that return an int return 0 or a negative
 * errno of <xen/errno.h>, and leave everything unchanged on error.
 * Callers: xen/hypercall, xen/guest, xen/domain. Implemented in xen/glue/ (shadow) and xen/direct/ (direct, writable).
 */
#ifndef XEN_DOMAIN_MODE_H
#define XEN_DOMAIN_MODE_H

#include <stdbool.h>
#include <stdint.h>
#include <xen/xen.h>

#include "shadow/port.h"

struct domain;
struct foreign_frame;
struct vcpu;

/* What became of a page fault. */
enum fault_answer {
    FAULT_REPAIRED,   /* go on at regs */
    FAULT_TO_GUEST,   /* the guest's own: deliver it */
    FAULT_FATAL,      /* the domain has been failed */
};

struct mode_ops {
    const char *name;
    uint32_t number;                 /* enum trace_mode */
    uint32_t features;               /* bits XENFEAT_* a domain is told in this mode */
    bool unchecked;                  /* the guest can do anything: it stays in this mode, and everybody is told */

    /*
     * The memory that the mode needs: prepare takes it, once for the domain's life (-ENOMEM: nothing taken), dispose
     * gives it back. So a domain can always return to a mode that it has been in.
     */
    int (*prepare)(struct domain *domain);
    void (*dispose)(struct domain *domain);
    /*
     * Begin and end. enter makes everything that follows from the guest's tables, base pointers and pins: -EBUSY: a
     * table is mapped writable, -EINVAL: one holds what the mode does not allow; nothing is left of it then, and
     * domain->direct.refusal says what it was. leave undoes enter and cannot fail. While they work no CPU has one of
     * the domain's roots loaded. Two modes with the same enter keep the same state: between them a domain changes
     * without either.
     */
    int (*enter)(struct domain *domain);
    void (*leave)(struct domain *domain);
    /*
     * Bring everything into the state between two instructions of the guest in which its tables are whole: it stops
     * running, or leaves the mode. why: enum trace_reconnect. NULL: they always are. Called by mode_settle.
     */
    void (*settle)(struct domain *domain, uint32_t why);

    /*
     * Make the frame of that number of the domain's the page directory of vcpu, which is current, and load its root:
     * vcpu->base_pointer is the frame then. -EINVAL: not a frame that may be one. -ERESTART: not finished, ask again.
     */
    int (*load_base_pointer)(struct vcpu *vcpu, gfn_t gfn, uint32_t cause);
    /*
     * Make gmfn the page directory of a vcpu that has none yet and does not run; the caller notes it. Results as above.
     */
    int (*take_base_pointer)(struct domain *domain, mfn_t gmfn);
    /* The vcpu becomes current: load the root it had. */
    void (*resume)(struct vcpu *vcpu, uint32_t cause);

    /*
     * Write one entry of a guest table. address: its machine address (of a translated domain, the address in its
     * numbers), with MMU_NORMAL_PT_UPDATE or MMU_PT_UPDATE_PRESERVE_AD in the lowest bits, as a request of mmu_update
     * has it. -EINVAL: not in a frame of the domain that may be a table, or an entry that it may not hold.
     */
    int (*write_entry)(struct domain *domain, uint32_t address, pte_t value);
    /* Write the L1 entry that maps linear. -EINVAL: there is no L1 table, or as above. */
    int (*write_l1e)(struct domain *domain, uint32_t linear, pte_t value);
    /* Clear that entry, which is a mapping like expected (shadow/guest_entry.h). -EINVAL: it is not, or as above. */
    int (*clear_l1e)(struct domain *domain, uint32_t linear, pte_t expected);
    /* The guest's own entry for linear, with the machine frame that it means; 0: not mapped. */
    pte_t (*guest_l1e)(struct domain *domain, uint32_t linear);
    /*
     * Keep mfn as a table of level 1 or 2, and let it go. -EINVAL: it cannot be one, or is pinned (is not pinned).
     * -ERESTART: not finished, ask again.
     */
    int (*pin)(struct domain *domain, mfn_t mfn, uint32_t level);
    int (*unpin)(struct domain *domain, mfn_t mfn);

    /* A page fault below the hypervisor's addresses. regs belong to the hypervisor when from_hypervisor. */
    enum fault_answer (*page_fault)(struct domain *domain, uint32_t linear, uint32_t *error_code,
                                    struct cpu_user_regs *regs, bool from_hypervisor);

    /*
     * The guest wants one page, or all, forgotten on this CPU; includes the hardware's flush. cause: enum trace_cause.
     */
    void (*invlpg)(struct domain *domain, uint32_t linear, uint32_t cause);
    void (*flush)(struct domain *domain, uint32_t cause);
    /*
     * May the TLB hold translations of the current domain that outlive the load of another root? NULL: in this mode
     * entries of guests are never global.
     */
    bool (*has_global)(const struct domain *domain);

    /*
     * The hypervisor wrote a whole guest frame. The frame leaves the domain or becomes a descriptor table: no
     * translation that the guest has given up may be remembered.
     */
    void (*frame_written)(struct domain *domain, mfn_t mfn);
    void (*frame_released)(struct domain *domain, mfn_t mfn);

    /*
     * The domain may not map a foreign frame any more as often, or not for writing (xen/domain/foreign.h, X2, X3): no
     * entry is left that needs more than that.
     */
    void (*permission_lost)(struct domain *domain, struct foreign_frame *frame);

    /*
     * The domain's policy for stores to page tables, or a switch beside it, is another one (shadow_policy,
     * shadow_switches). NULL: the mode has none. Called by mode_policy_changed.
     */
    void (*policy_changed)(struct domain *domain);

    /* Check every rule of the mode; violations are records. Returns their number, checks made in *checks. */
    uint32_t (*audit)(struct domain *domain, uint32_t *checks);
};

/* The mode of this number (enum trace_mode), or NULL: this build does not have it. */
const struct mode_ops *mode_by_number(uint32_t number);
/* Give back the memory of every mode that the domain has been in. */
void modes_dispose(struct domain *domain);

extern const struct mode_ops mode_shadow, mode_direct, mode_writable, mode_trusted;
/* Shadow mode of a translated domain (physmap.h): the same number, and no other mode for it. */
extern const struct mode_ops mode_translated;

#endif
