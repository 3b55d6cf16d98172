/*
 * context.c - see context.h.
 *
 * What may be refused comes first, and is undone; the rest cannot fail.
 */
#include "xen/guest/context.h"

#include <xen/errno.h>

#include "xen/cpu/entry.h"
#include "xen/domain/domain.h"
#include "xen/domain/mode.h"
#include "xen/domain/physmap.h"
#include "xen/guest/fpu.h"
#include "xen/guest/gdt.h"
#include "xen/guest/ldt.h"
#include "xen/guest/selector.h"
#include "xen/guest/trap.h"
#include "xen/hypercall/debugreg.h"
#include "xen/lib/string.h"

#define EFLAGS_IF 0x00000200u
#define EFLAGS_FORBIDDEN 0x00027000u /* VM, NT, IOPL */
#define EFLAGS_IOPL_SHIFT 12
#define CR0_TS 8u
#define TI_MASKS_EVENTS 4u               /* of a trap_info's flags */
#define DESCRIPTORS_PER_PAGE (PAGE_SIZE / 8)

static void set_registers(struct vcpu *vcpu, const struct vcpu_guest_context *context) {
    struct cpu_user_regs *regs = &vcpu->regs;

    *regs = context->user_regs;
    vcpu->io_privilege = regs->eflags >> EFLAGS_IOPL_SHIFT & 3;
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
    mfn_t base_pointer = physmap_frame(vcpu->domain, xen_cr3_to_pfn(context->ctrlreg[3]));
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

static void get_registers(const struct vcpu *vcpu, struct vcpu_guest_context *context) {
    struct cpu_user_regs *regs = &context->user_regs;

    *regs = current_vcpu() == vcpu ? *guest_regs() : vcpu->regs;
    regs->eflags |= vcpu->io_privilege << EFLAGS_IOPL_SHIFT;
    context->flags = VGCF_I387_VALID | ((regs->cs & 3) != 3 ? VGCF_in_kernel : 0) |
                     (vcpu->state & VCPU_DOWN ? 0 : VGCF_online) |
                     (vcpu->failsafe_callback.masks_events ? VGCF_failsafe_disables_events : 0);
}

static void get_traps(const struct vcpu *vcpu, struct vcpu_guest_context *context) {
    for (uint32_t i = 0; i < TRAP_VECTORS; i++) {
        const struct trap_handler *handler = &vcpu->traps[i];

        context->trap_ctxt[i] = (struct trap_info){
            .vector = (uint8_t)i, .flags = (uint8_t)(handler->level | (handler->masks_events ? TI_MASKS_EVENTS : 0)),
            .cs = handler->cs, .address = handler->address,
        };
    }
    context->kernel_ss = vcpu->kernel_ss;
    context->kernel_sp = vcpu->kernel_esp;
    context->event_callback_cs = vcpu->event_callback.cs;
    context->event_callback_eip = vcpu->event_callback.eip;
    context->failsafe_callback_cs = vcpu->failsafe_callback.cs;
    context->failsafe_callback_eip = vcpu->failsafe_callback.eip;
}

void context_get(struct vcpu *vcpu, struct vcpu_guest_context *context) {
    memset(context, 0, sizeof(*context));
    get_registers(vcpu, context);
    get_traps(vcpu, context);
    fpu_store(vcpu);
    memcpy(&context->fpu_ctxt, &vcpu->fpu, sizeof(vcpu->fpu));
    context->gdt_ents = vcpu->gdt_entries;
    for (uint32_t i = 0; i * DESCRIPTORS_PER_PAGE < vcpu->gdt_entries; i++) {
        context->gdt_frames[i] = physmap_number(vcpu->domain, vcpu->gdt_frames[i]);
    }
    context->ldt_base = vcpu->ldt_base;
    context->ldt_ents = vcpu->ldt_entries;
    context->ctrlreg[0] = vcpu->task_switched ? CR0_TS : 0;
    context->ctrlreg[3] = xen_pfn_to_cr3(physmap_number(vcpu->domain, vcpu->base_pointer));
    for (uint32_t number = 0; number < 8; number++) {
        context->debugreg[number] = vcpu->debug[number];
    }
    context->vm_assist = vcpu->domain->assists;
}
