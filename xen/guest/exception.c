/*
 * exception.c - exceptions other than page faults that a guest raised; called by entry.S (xen/cpu/entry.h).
 *
 * Most are the guest kernel's to handle. Four get a look first: device not available (lazy FPU), invalid opcode (Xen's
 * prefix that forces emulation), general protection (INT n through a gate the guest may use; privileged instructions;
 * segments of 4 GiB) and debug (DR6).
 */
#include "xen/cpu/entry.h"
#include "xen/domain/domain.h"
#include "xen/guest/fpu.h"
#include "xen/guest/privop.h"
#include "xen/guest/segment_fixup.h"
#include "xen/guest/trap.h"
#include "xen/hypercall/debugreg.h"

#define ERROR_EXTERNAL 1u /* not caused by the instruction itself */
#define ERROR_IDT 2u
#define INT_N_BYTES 2u

/*
 * INT n: every gate but a few has level 0, so it comes as #GP that names the gate. True: it was one the guest allows,
 * and is delivered.
 */
static bool software_interrupt(struct vcpu *vcpu, struct cpu_user_regs *regs) {
    uint32_t vector = regs->error_code >> 3 & 0xff;

    if ((regs->error_code & (ERROR_EXTERNAL | ERROR_IDT)) != ERROR_IDT || vcpu->traps[vector].level < (regs->cs & 3)) {
        return false;
    }
    regs->eip += INT_N_BYTES;
    trap_deliver(vcpu, regs, vector, false, 0);
    return true;
}

static void general_protection(struct vcpu *vcpu, struct cpu_user_regs *regs) {
    if (software_interrupt(vcpu, regs)) {
        return;
    }
    if (regs->error_code == 0 && (privop_emulate(vcpu, regs) || segment_fixup(vcpu, regs))) {
        return;
    }
    trap_deliver(vcpu, regs, TRAP_PROTECTION, true, regs->error_code);
}

void exception_entry(struct cpu_user_regs *regs) {
    struct vcpu *vcpu = current_vcpu();
    uint32_t vector = regs->entry_vector;

    switch (vector) {
    case TRAP_NO_DEVICE:
        fpu_trap(vcpu, regs);
        return;
    case TRAP_PROTECTION:
        general_protection(vcpu, regs);
        return;
    case TRAP_INVALID_OPCODE:
        if (privop_emulate_forced(vcpu, regs)) {
            return;
        }
        break;
    case TRAP_DEBUG:
        debugreg_note_trap(vcpu);
        break;
    }
    trap_deliver(vcpu, regs, vector, TRAPS_WITH_ERROR_CODE >> vector & 1, regs->error_code);
}
