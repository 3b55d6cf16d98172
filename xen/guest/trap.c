/*
 * trap.c - delivering exceptions and events into ring 1; see trap.h.
 *
 * The frame, from its lowest word: [ds es fs gs] [error code] eip, cs with the saved upcall mask in bits 16-23, eflags
 * with IF = events are unmasked, [esp ss when the guest was in ring 3]. The first group is for the failsafe callback
 * only.
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
#include "xen/mm/layout.h"

#define EFLAGS_TF 0x00000100u
#define EFLAGS_IF 0x00000200u
#define EFLAGS_NT 0x00004000u
#define EFLAGS_RF 0x00010000u
#define EFLAGS_VM 0x00020000u

/* Where things stand in the room for a frame. What comes before eip, if anything, ends at it. */
enum {
    FRAME_SEGMENTS = 0, FRAME_ERROR = 3, FRAME_EIP = 4, FRAME_CS, FRAME_EFLAGS, FRAME_ESP, FRAME_SS, FRAME_WORDS_MAX
};

/* The frame of a callback: where a trap handler would stand. */
static struct trap_handler callback_target(const struct callback *callback, bool masks_events) {
    return (struct trap_handler){ .address = callback->eip, .cs = (uint16_t)callback->cs,
                                  .masks_events = masks_events };
}

/*
 * Copy count words to the guest's stack. False: it does not lie below GUEST_LINEAR_END or is not there; some words may
 * have been written.
 */
static inline bool store_words(uint32_t linear, const uint32_t *words, uint32_t count) {
    if (__builtin_expect(linear >= GUEST_LINEAR_END - FRAME_WORDS_MAX * 4, 0)) {
        return false;
    }
    asm volatile("1: rep movsl\n"
                 "2:\n"
                 ".pushsection .fixup_table, \"a\"\n.long 1b, 2b\n.popsection"
                 : "+c"(count), "+D"(linear), "+S"(words) : : "memory", "cc");
    return count == 0;
}

/* Put count words below esp in ss and continue at target. False: the stack cannot take them; regs unchanged. */
static inline bool push_and_go(struct vcpu *vcpu, struct cpu_user_regs *regs, const struct trap_handler *target,
                               uint32_t ss, uint32_t esp, const uint32_t *words, uint32_t count) {
    uint32_t linear = esp -= count * 4;

    /* Xen's flat segment needs no look at its descriptor. */
    if (__builtin_expect(ss != FLAT_RING1_SS, 0)) {
        uint32_t translated;

        if (!segment_stack_address(vcpu, ss, esp, count * 4, &translated)) {
            return false;
        }
        linear = translated;
    }
    if (__builtin_expect(!store_words(linear, words, count), 0)) {
        return false;
    }
    if (target->masks_events) {
        vcpu->info->evtchn_upcall_mask = 1;
    }
    regs->esp = esp;
    regs->cs = target->cs;
    regs->eip = target->address;
    regs->eflags &= ~(EFLAGS_VM | EFLAGS_RF | EFLAGS_NT | EFLAGS_TF);
    return true;
}

/*
 * Put a frame on the guest kernel's stack and continue at target. words: room for a whole frame, of which the lead
 * words before FRAME_EIP are filled and wanted. False: the stack cannot take them; regs unchanged.
 */
static inline bool enter_kernel(struct vcpu *vcpu, struct cpu_user_regs *regs, const struct trap_handler *target,
                                uint32_t *words, uint32_t lead) {
    uint32_t mask = *(const volatile uint8_t *)&vcpu->info->evtchn_upcall_mask;

    words[FRAME_EIP] = regs->eip;
    words[FRAME_CS] = regs->cs | mask << 16;
    words[FRAME_EFLAGS] = mask ? regs->eflags & ~EFLAGS_IF : regs->eflags; /* the real IF is always set */
    if ((regs->cs & 3) == 1) {
        return push_and_go(vcpu, regs, target, regs->ss, regs->esp, words + FRAME_EIP - lead, lead + 3);
    }
    words[FRAME_ESP] = regs->esp;
    words[FRAME_SS] = regs->ss;
    if (!push_and_go(vcpu, regs, target, vcpu->kernel_ss, vcpu->kernel_esp, words + FRAME_EIP - lead, lead + 5)) {
        return false;
    }
    regs->ss = (uint16_t)vcpu->kernel_ss;
    return true;
}

static void no_way(struct vcpu *vcpu, const char *text) {
    domain_fail(vcpu->domain, TRACE_END_REASON_killed, text);
}

static __attribute__((cold, noinline)) void cannot_deliver(struct vcpu *vcpu, uint32_t vector, uint32_t error_code) {
    bool no_handler = vcpu->traps[vector].address == 0;

    printk("Penumbra: domain %u has no %s for trap %u (error code %04x)\n", vcpu->domain->id,
           no_handler ? "handler" : "usable stack", vector, error_code);
    no_way(vcpu, no_handler ? "a trap came for which it has no handler"
                            : "its kernel stack cannot take the frame of a trap");
}

/* Deliver vector; the record has been made. */
static inline void deliver(struct vcpu *vcpu, struct cpu_user_regs *regs, uint32_t vector, bool with_error,
                           uint32_t error_code) {
    const struct trap_handler *handler = &vcpu->traps[vector];
    uint32_t words[FRAME_WORDS_MAX];

    words[FRAME_ERROR] = error_code;
    if (__builtin_expect(handler->address == 0, 0) || !enter_kernel(vcpu, regs, handler, words, with_error)) {
        cannot_deliver(vcpu, vector, error_code);
    }
}

void trap_deliver(struct vcpu *vcpu, struct cpu_user_regs *regs, uint32_t vector, bool with_error,
                  uint32_t error_code) {
    trace_pv_trap(vector, with_error ? error_code : 0, regs->eip);
    deliver(vcpu, regs, vector, with_error, error_code);
}

/* Out of the way of the frequent. */
static __attribute__((noinline, cold)) void record_page_fault(uint32_t linear, uint32_t error_code, uint32_t eip) {
    trace_pv_page_fault(linear, error_code, eip);
}

void trap_deliver_page_fault(struct vcpu *vcpu, struct cpu_user_regs *regs, uint32_t linear, uint32_t error_code) {
    if (__builtin_expect(trace_mask & TRACE_CLASS_fault, 0)) {
        record_page_fault(linear, error_code, regs->eip);
    }
    vcpu->info->arch.cr2 = linear;
    deliver(vcpu, regs, TRAP_PAGE_FAULT, true, error_code);
}

void trap_deliver_event(struct vcpu *vcpu, struct cpu_user_regs *regs) {
    struct trap_handler target = callback_target(&vcpu->event_callback, true);
    uint32_t words[FRAME_WORDS_MAX];

    trace_pv_event(vcpu->info->evtchn_pending_sel, regs->eip);
    if (target.address == 0) {
        no_way(vcpu, "an event came and it has registered no event callback");
    } else if (!enter_kernel(vcpu, regs, &target, words, 0)) {
        no_way(vcpu, "its kernel stack cannot take the frame of an event");
    }
}

/* As in Xen the handler starts with events masked. What is pending while there is none waits for one. */
void trap_deliver_nmi(struct vcpu *vcpu, struct cpu_user_regs *regs) {
    struct trap_handler target = { .address = vcpu->nmi_callback, .cs = FLAT_RING1_CS, .masks_events = true };
    uint32_t words[FRAME_WORDS_MAX];

    if (!vcpu->nmi_pending || vcpu->nmi_masked || target.address == 0) {
        return;
    }
    vcpu->nmi_pending = false;
    vcpu->nmi_masked = true;
    trace_pv_trap(TRAP_NMI, 0, regs->eip);
    if (!enter_kernel(vcpu, regs, &target, words, 0)) {
        no_way(vcpu, "its kernel stack cannot take the frame of an NMI");
    }
}

/* The way back to the guest failed at regs: its failsafe callback repairs, or ends, what it was about to run. */
void guest_failsafe(struct cpu_user_regs *regs) {
    struct vcpu *vcpu = current_vcpu();
    const struct callback *callback = &vcpu->failsafe_callback;
    struct trap_handler target = callback_target(callback, callback->masks_events);
    uint32_t words[FRAME_WORDS_MAX] = { [FRAME_SEGMENTS] = regs->ds, regs->es, regs->fs, regs->gs };

    trace_pv_failsafe(regs->eip);
    if (callback->eip == 0) {
        no_way(vcpu, "it returned to a state that cannot be loaded and has registered no failsafe callback");
    } else if (regs->cs == callback->cs && regs->eip == callback->eip) {
        no_way(vcpu, "its failsafe callback itself cannot be entered");
    } else if (!enter_kernel(vcpu, regs, &target, words, 4)) {
        no_way(vcpu, "its kernel stack cannot take the frame of the failsafe callback");
    }
    regs->ds = regs->es = regs->fs = regs->gs = 0;
}

void trap_set_handler(struct vcpu *vcpu, uint32_t vector, uint32_t cs, uint32_t address, uint32_t flags) {
    vcpu->traps[vector] = (struct trap_handler){
        .address = address, .cs = (uint16_t)selector_ring_1(cs), .level = flags & 3, .masks_events = (flags & 4) != 0,
    };
}

void trap_install_direct(struct vcpu *vcpu) {
    const struct trap_handler *handler = &vcpu->traps[DIRECT_TRAP_VECTOR];

    /* A gate cannot mask events, and must not lead where the hypervisor has not looked. */
    if (handler->address != 0 && !handler->masks_events && handler->level == 3 && selector_is_guest_code(handler->cs)) {
        vcpu->direct_trap = idt_direct_trap(handler->cs, handler->address);
    } else {
        vcpu->direct_trap = idt_no_direct_trap();
    }
    if (current_vcpu() == vcpu) {
        idt_set_direct_trap(vcpu->direct_trap);
    }
}
