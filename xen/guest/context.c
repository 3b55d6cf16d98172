/*
 * context.c - see context.h.
 *
 * What may be refused comes first, and is undone; the rest cannot fail.
 */
#include "xen/guest/context.h"

#include <xen/errno.h>

#include "xen/domain/domain.h"
#include "xen/domain/mode.h"
#include "xen/guest/gdt.h"
#include "xen/guest/ldt.h"
#include "xen/guest/selector.h"
#include "xen/guest/trap.h"
#include "xen/hypercall/debugreg.h"
#include "xen/lib/string.h"

#define EFLAGS_IF 0x00000200u
#define EFLAGS_FORBIDDEN 0x00027000u /* VM, NT, IOPL */
#define CR0_TS 8u

static void set_registers(struct vcpu *vcpu, const struct vcpu_guest_context *context) {
    struct cpu_user_regs *regs = &vcpu->regs;

    *regs = context->user_regs;
    regs->eflags = (regs->eflags & ~EFLAGS_FORBIDDEN) | EFLAGS_IF | 2;
    regs->cs = (uint16_t)selector_for_kernel(regs->cs);
    regs->ss = (uint16_t)selector_for_kernel(regs->ss);
}

static void set_traps(struct vcpu *vcpu, const struct vcpu_guest_context *context) {
    memset(vcpu->traps, 0, sizeof(vcpu->traps));
    for (uint32_t i = 0; i < TRAP_VECTORS; i++) {
        const struct trap_info *info = &context->trap_ctxt[i];

        trap_set_handler(vcpu, i, info->cs, info->address, info->flags);
    }
    trap_install_direct(vcpu);
    vcpu->kernel_ss = selector_ring_1(context->kernel_ss);
    vcpu->kernel_esp = context->kernel_sp;
    vcpu->event_callback = (struct callback){ selector_ring_1(context->event_callback_cs), context->event_callback_eip,
                                              false };
    vcpu->failsafe_callback = (struct callback){ selector_ring_1(context->failsafe_callback_cs),
                                                 context->failsafe_callback_eip,
                                                 (context->flags & VGCF_failsafe_disables_events) != 0 };
}

static int set_debug_registers(struct vcpu *vcpu, const struct vcpu_guest_context *context) {
    for (uint32_t number = 0; number < 8; number++) {
        if (number != 4 && number != 5 && debugreg_set(vcpu, number, context->debugreg[number]) != 0) {
            return -XEN_EINVAL;
        }
    }
    return 0;
}

static int set_tables(struct vcpu *vcpu, const struct vcpu_guest_context *context) {
    uint32_t frames[DOMAIN_AREA_GDT_PAGES];

    if (context->gdt_ents > FIRST_RESERVED_GDT_ENTRY) {
        return -XEN_EINVAL;
    }
    for (uint32_t i = 0; i < DOMAIN_AREA_GDT_PAGES; i++) {
        frames[i] = context->gdt_frames[i];
    }
    int result = gdt_set(vcpu, frames, context->gdt_ents);

    return result == 0 ? ldt_set(vcpu, context->ldt_base, context->ldt_ents) : result;
}

int context_set(struct vcpu *vcpu, const struct vcpu_guest_context *context) {
    mfn_t base_pointer = { xen_cr3_to_pfn(context->ctrlreg[3]) };
    int result = set_debug_registers(vcpu, context);

    if (result == 0) {
        result = set_tables(vcpu, context);
    }
    if (result == 0) {
        result = vcpu->domain->mode->take_base_pointer(vcpu->domain, base_pointer);
    }
    if (result != 0) {
        gdt_release(vcpu);
        ldt_release(vcpu);
        return result;
    }
    vcpu->base_pointer = base_pointer;
    set_registers(vcpu, context);
    set_traps(vcpu, context);
    vcpu->task_switched = context->ctrlreg[0] & CR0_TS;
    if (context->flags & VGCF_I387_VALID) {
        memcpy(&vcpu->fpu, &context->fpu_ctxt, sizeof(vcpu->fpu));
    }
    vcpu->initialised = true;
    return 0;
}
