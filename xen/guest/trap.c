/*
 * trap.c - delivering exceptions and events into ring 1; see trap.h.
 *
 * The frame, from its lowest word: [ds es fs gs] [error code] eip, cs with the saved upcall mask in bits 16-23, eflags with IF = events are
 * unmasked, [esp ss when the guest was in ring 3]. The first group is for the failsafe callback only.
 */
#include "xen/guest/trap.h"

#include "trace/emit.h"
#include "xen/cpu/descriptor.h"
#include "xen/cpu/entry.h"
#include "xen/domain/domain.h"
#include "xen/domain/end.h"
#include "xen/guest/segment.h"
#include "xen/guest/selector.h"
#include "xen/lib/printk.h"
#include "xen/mm/user_copy.h"

#define EFLAGS_TF 0x00000100u
#define EFLAGS_IF 0x00000200u
#define EFLAGS_NT 0x00004000u
#define EFLAGS_RF 0x00010000u
#define EFLAGS_VM 0x00020000u
#define FRAME_WORDS_MAX 10

/* Where a frame leads. */
struct target {
    uint32_t cs, eip;
    bool masks_events;
};

/* Put count words on the guest kernel's stack and continue at target. False: the stack cannot take them; nothing changed. */
static bool enter_kernel(struct vcpu *vcpu, struct cpu_user_regs *regs, const struct target *target, const uint32_t *words,
                         uint32_t count) {
    bool from_user = (regs->cs & 3) != 1;
    uint32_t ss = from_user ? vcpu->kernel_ss : regs->ss;
    uint32_t esp = (from_user ? vcpu->kernel_esp : regs->esp) - count * 4;
    uint32_t linear;

    if (!segment_stack_address(vcpu, ss, esp, count * 4, &linear) || copy_to_guest(linear, words, count * 4) != 0) {
        return false;
    }
    if (target->masks_events) {
        vcpu->info->evtchn_upcall_mask = 1;
    }
    regs->ss = (uint16_t)ss;
    regs->esp = esp;
    regs->cs = (uint16_t)target->cs;
    regs->eip = target->eip;
    regs->eflags &= ~(EFLAGS_VM | EFLAGS_RF | EFLAGS_NT | EFLAGS_TF);
    return true;
}

/* The words that every frame has, at to; returns how many. */
static uint32_t frame_words(const struct vcpu *vcpu, const struct cpu_user_regs *regs, uint32_t *to) {
    uint32_t mask = *(const volatile uint8_t *)&vcpu->info->evtchn_upcall_mask;

    to[0] = regs->eip;
    to[1] = regs->cs | mask << 16;
    to[2] = (regs->eflags & ~EFLAGS_IF) | (mask ? 0 : EFLAGS_IF);
    if ((regs->cs & 3) == 1) {
        return 3;
    }
    to[3] = regs->esp;
    to[4] = regs->ss;
    return 5;
}

static void no_way(struct vcpu *vcpu, const char *text) {
    domain_fail(vcpu->domain, TRACE_END_REASON_killed, text);
}

/* Deliver vector; the record has been made. */
static void deliver(struct vcpu *vcpu, struct cpu_user_regs *regs, uint32_t vector, bool with_error, uint32_t error_code) {
    const struct trap_handler *handler = &vcpu->traps[vector];
    struct target target = { handler->cs, handler->address, handler->masks_events };
    uint32_t words[FRAME_WORDS_MAX], *frame = words;

    if (__builtin_expect(handler->address == 0, 0)) {
        printk("Penumbra: domain %u has no handler for trap %u (error code %04x)\n", vcpu->domain->id, vector, error_code);
        no_way(vcpu, "a trap came for which it has no handler");
        return;
    }
    if (with_error) {
        *frame++ = error_code;
    }
    frame += frame_words(vcpu, regs, frame);
    if (!enter_kernel(vcpu, regs, &target, words, (uint32_t)(frame - words))) {
        printk("Penumbra: domain %u has no usable stack for trap %u (error code %04x)\n", vcpu->domain->id, vector, error_code);
        no_way(vcpu, "its kernel stack cannot take the frame of a trap");
    }
}

void trap_deliver(struct vcpu *vcpu, struct cpu_user_regs *regs, uint32_t vector, bool with_error, uint32_t error_code) {
    trace_pv_trap(vector, with_error ? error_code : 0, regs->eip);
    deliver(vcpu, regs, vector, with_error, error_code);
}

void trap_deliver_page_fault(struct vcpu *vcpu, struct cpu_user_regs *regs, uint32_t linear, uint32_t error_code) {
    error_code = (error_code & ~4u) | ((regs->cs & 3) == 3 ? 4 : 0);
    trace_pv_page_fault(linear, error_code, regs->eip);
    vcpu->cr2 = linear;
    vcpu->info->arch.cr2 = linear;
    deliver(vcpu, regs, TRAP_PAGE_FAULT, true, error_code);
}

void trap_deliver_event(struct vcpu *vcpu, struct cpu_user_regs *regs) {
    struct target target = { vcpu->event_callback.cs, vcpu->event_callback.eip, true };
    uint32_t words[FRAME_WORDS_MAX];

    trace_pv_event(vcpu->info->evtchn_pending_sel, regs->eip);
    if (target.eip == 0) {
        no_way(vcpu, "an event came and it has registered no event callback");
    } else if (!enter_kernel(vcpu, regs, &target, words, frame_words(vcpu, regs, words))) {
        no_way(vcpu, "its kernel stack cannot take the frame of an event");
    }
}

/* The way back to the guest failed at regs: its failsafe callback repairs, or ends, what it was about to run. */
void guest_failsafe(struct cpu_user_regs *regs) {
    struct vcpu *vcpu = current_vcpu();
    const struct callback *callback = &vcpu->failsafe_callback;
    struct target target = { callback->cs, callback->eip, callback->masks_events };
    uint32_t words[FRAME_WORDS_MAX] = { regs->ds, regs->es, regs->fs, regs->gs };

    trace_pv_failsafe(regs->eip);
    if (callback->eip == 0) {
        no_way(vcpu, "it returned to a state that cannot be loaded and has registered no failsafe callback");
    } else if (regs->cs == callback->cs && regs->eip == callback->eip) {
        no_way(vcpu, "its failsafe callback itself cannot be entered");
    } else if (!enter_kernel(vcpu, regs, &target, words, 4 + frame_words(vcpu, regs, words + 4))) {
        no_way(vcpu, "its kernel stack cannot take the frame of the failsafe callback");
    }
    regs->ds = regs->es = regs->fs = regs->gs = 0;
    if (vcpu->domain->dying) {
        domain_abandon();
    }
}

void trap_set_handler(struct vcpu *vcpu, uint32_t vector, uint32_t cs, uint32_t address, uint32_t flags) {
    vcpu->traps[vector] = (struct trap_handler){
        .address = address, .cs = (uint16_t)selector_ring_1(cs), .level = flags & 3, .masks_events = (flags & 4) != 0,
    };
}

void trap_install_direct(const struct vcpu *vcpu) {
    const struct trap_handler *handler = &vcpu->traps[DIRECT_TRAP_VECTOR];

    /* A gate cannot mask events, and must not lead where the hypervisor has not looked. */
    if (handler->address != 0 && !handler->masks_events && handler->level == 3 && selector_is_guest_code(handler->cs)) {
        idt_set_direct_trap(handler->cs, handler->address);
    } else {
        idt_clear_direct_trap();
    }
}
