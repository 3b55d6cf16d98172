/*
 * iret.c - the hypercall that ends a trap handler: back to what the frame on the guest kernel's stack describes.
 *
 * The frame, from esp: eax, eip, cs, eflags, and, unless cs is of ring 1, esp, ss. eflags.IF says whether events are
 * unmasked afterwards. Nothing from the frame reaches the processor before it has been made harmless: the level of cs
 * is 1 to 3, VM, NT and IOPL are clear, the real IF is set. Whether the selectors can be loaded the processor finds out
 * itself; if not, the failsafe callback is entered.
 * Source: Xen 3.x x86_32 ABI.
 */
#include <xen/errno.h>

#include "trace/emit.h"
#include "xen/cpu/entry.h"
#include "xen/domain/domain.h"
#include "xen/domain/end.h"
#include "xen/domain/schedule.h"
#include "xen/guest/selector.h"
#include "xen/hypercall/table.h"
#include "xen/mm/user_copy.h"

#define EFLAGS_IF 0x00000200u
#define EFLAGS_FORBIDDEN 0x00027000u /* VM, NT, IOPL */

enum { FRAME_EAX, FRAME_EIP, FRAME_CS, FRAME_EFLAGS, FRAME_ESP, FRAME_SS, FRAME_WORDS };

static int32_t fail(struct vcpu *vcpu, const char *text) {
    domain_fail(vcpu->domain, TRACE_END_REASON_killed, text);
    return 0;
}

int32_t hypercall_iret(struct vcpu *vcpu, uint32_t *args) {
    struct cpu_user_regs *regs = guest_regs();
    uint32_t frame[FRAME_WORDS], words = FRAME_ESP;

    (void)args;
    if (vcpu->in_multicall) {
        return -XEN_EINVAL; /* it would replace the registers of the multicall (XSA-213) */
    }
    if (copy_from_guest(frame, regs->esp, FRAME_ESP * 4) != 0) {
        return fail(vcpu, "the frame for its iret hypercall cannot be read");
    }
    uint32_t level = frame[FRAME_CS] & SELECTOR_LEVEL;

    if (level == 0) {
        return fail(vcpu, "its iret hypercall wants to return to ring 0");
    }
    if (frame[FRAME_EFLAGS] & 1u << 17) {
        return fail(vcpu, "its iret hypercall wants to return to virtual-8086 mode, which is not offered");
    }
    if (level != 1) {
        words = FRAME_WORDS;
        if (copy_from_guest(&frame[FRAME_ESP], regs->esp + FRAME_ESP * 4, 8) != 0) {
            return fail(vcpu, "the frame for its iret hypercall cannot be read");
        }
    }
    if (__builtin_expect(vcpu->nmi_masked, 0)) {
        vcpu->nmi_masked = false; /* it was the NMI handler's, or as good as */
        cpu_add_work(WORK_NMI);
    }
    regs->eip = frame[FRAME_EIP];
    regs->cs = (uint16_t)frame[FRAME_CS];
    regs->eflags = (frame[FRAME_EFLAGS] & ~EFLAGS_FORBIDDEN) | EFLAGS_IF | 2;
    if (words == FRAME_WORDS) {
        regs->esp = frame[FRAME_ESP];
        regs->ss = (uint16_t)selector_for_kernel(frame[FRAME_SS]);
    } else {
        regs->esp += words * 4;
    }
    vcpu->info->evtchn_upcall_mask = (frame[FRAME_EFLAGS] & EFLAGS_IF) == 0;
    return (int32_t)frame[FRAME_EAX];
}
