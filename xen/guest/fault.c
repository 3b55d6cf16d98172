/*
 * fault.c - the page-fault router: who is asked about a page fault, in which order, and why that order.
 *
 *  1. The mode of the domain whose addresses these are. A fault may mean only that a shadow is not filled yet, or a
 *     write to a table that is watched: whoever interrupted was right, and nobody else may see the fault. That holds
 *     for the hypervisor's own accesses to guest memory too, so the mode comes before every fix-up.
 *  2. The per-domain area, for addresses in it: the processor, on behalf of the guest, looked for an LDT page that is
 *     not shown yet.
 *  3. The guest, when it interrupted itself: what is left is a fault of its own tables. (A fault at the hypervisor's
 *     addresses with ring 1 or 3 interrupted is the guest's as well: segment limits let it get only as far as the
 *     machine-to-physical table.)
 *  4. The hypervisor's fix-up table: the access was to guest memory and the guest has nothing there; the copy ends
 *     early.
 *  5. Nobody: the hypervisor is broken.
 */
#include "trace/emit.h"
#include "xen/cpu/entry.h"
#include "xen/domain/domain.h"
#include "xen/domain/mode.h"
#include "xen/guest/ldt.h"
#include "xen/guest/trap.h"
#include "xen/mm/layout.h"

#define ERROR_USER 4u

/* linear and error_code are changed to what the guest shall see. */
static __attribute__((noinline, cold)) enum fault_answer ask_area(struct vcpu *vcpu, const struct cpu_user_regs *regs,
                                                                  uint32_t *linear, uint32_t *error_code) {
    uint32_t offset = *linear - LAYOUT_LDT(vcpu->id);

    if (offset >= DOMAIN_AREA_LDT_PAGES * PAGE_SIZE) {
        return FAULT_TO_GUEST;
    }
    *linear = vcpu->ldt_base + offset;
    *error_code = (regs->cs & 3) == 3 ? ERROR_USER : 0; /* the processor reads descriptors as a supervisor */
    return ldt_show_page(vcpu, offset / PAGE_SIZE) ? FAULT_REPAIRED : FAULT_TO_GUEST;
}

void page_fault_entry(struct cpu_user_regs *regs) {
    uint32_t linear = fault_address(), error_code = regs->error_code;
    struct vcpu *vcpu = current_vcpu();
    enum fault_answer answer = FAULT_TO_GUEST;

    if (__builtin_expect(vcpu != 0, 1)) {
        if (__builtin_expect(linear < HYPERVISOR_LINEAR_START, 1)) {
            answer = vcpu->domain->mode->page_fault(vcpu->domain, linear, &error_code, regs, !from_guest(regs));
        } else {
            answer = ask_area(vcpu, regs, &linear, &error_code);
        }
    }
    if (answer == FAULT_REPAIRED) {
        return;
    }
    if (__builtin_expect(from_guest(regs), 1)) {
        if (__builtin_expect(answer == FAULT_TO_GUEST, 1)) {
            trap_deliver_page_fault(vcpu, regs, linear, error_code);
        }
    } else if (!fixup_apply(regs)) {
        exception_panic(regs);
    }
}
