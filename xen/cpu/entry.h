/*
 * entry.h - how the hypervisor is entered and left: what entry.S calls and what it offers.
 *
 * Every entry builds struct cpu_user_regs (<xen/xen.h>). From ring 1 or 3 it lies at the top of the processor's stack
 * (guest_regs()), complete. From ring 0 it lies deeper and ends after eflags: esp, ss, es, ds, fs, gs are NOT there
 * and must not be touched. Use from_guest(regs) to tell. entry_vector holds the vector; error_code its low 16 bits
 * (every error code fits).
 *
 * Interrupts are off in the hypervisor, always, except inside cpu_idle(). DF is clear.
 *
 * Guest segment registers: ds and es are the hypervisor's while it runs, fs and gs keep the guest's values. All four
 * are saved at entry and loaded from regs on return, so changing regs->fs changes the guest's. A load or the iret
 * that faults calls guest_failsafe.
 *
 * What a guest may put into regs: eip, esp, general registers freely. Before it returns to a guest, whoever took
 * eflags, cs, ss from a guest has forced: IF set, VM, NT, IOPL clear, both selectors' RPL 1 to 3. Selectors may be
 * anything beyond that.
 */
#ifndef XEN_CPU_ENTRY_H
#define XEN_CPU_ENTRY_H

#include <stdbool.h>
#include <stdint.h>
#include <xen/xen.h>

#include "xen/mm/layout.h"

/* Was the interrupted code a guest's? (ring 1 to 3) */
static inline bool from_guest(const struct cpu_user_regs *regs) {
    return regs->cs & 3;
}

/*
 * The interrupted guest state of this processor; valid whenever a vcpu is current and the hypervisor was entered from
 * it.
 */
static inline struct cpu_user_regs *guest_regs(void) {
    return (struct cpu_user_regs *)LAYOUT_STACK_TOP - 1;
}

/* CR2: the linear address of the last page fault. Read it before anything that may fault. */
static inline uint32_t fault_address(void) {
    uint32_t linear;
    asm volatile("mov %%cr2, %0" : "=r"(linear));
    return linear;
}

/* --- given by xen/guest and xen/hypercall; called by entry.S with interrupts off --- */

/*
 * Vector 14, from any ring. Returns to continue at regs. Faults of the hypervisor that nobody repairs: fixup_apply,
 * then exception_panic.
 */
void page_fault_entry(struct cpu_user_regs *regs);
/* Any other exception (0 to 31) that a guest raised: deliver or emulate. Vectors 2, 8 and 18 never get here. */
void exception_entry(struct cpu_user_regs *regs);
/* int 0x82 from ring 1: the hypercall whose number is in regs->eax; the result goes there. */
void hypercall_entry(struct cpu_user_regs *regs);
/* An external interrupt of the 8259s other than the timer: irq 0 to 15. */
void irq_entry(struct cpu_user_regs *regs, uint32_t irq);
/*
 * Called on the way back to a guest when cpu->work is not zero or an event is pending and not masked. May change regs
 * (deliver the upcall), switch the vcpu, block. The tests are made again when it returns, so it must have cleared
 * what called it.
 */
void guest_return(struct cpu_user_regs *regs);
/*
 * Loading a segment register or the iret failed with regs. Must change regs so that they can be loaded (deliver the
 * failsafe callback with ds, es, fs, gs zeroed), or end the domain.
 */
void guest_failsafe(struct cpu_user_regs *regs);

/* --- offered by xen/cpu --- */

/* If the ring-0 instruction at regs->eip has a fix-up, continue there: true. Otherwise false, nothing changed. */
bool fixup_apply(struct cpu_user_regs *regs);
/* Panic with these registers, naming the exception (and the address, for a page fault). */
_Noreturn void exception_panic(const struct cpu_user_regs *regs);
/* Leave for the guest with guest_regs(), abandoning the present call chain: for the first entry. */
_Noreturn void return_to_guest(void);
/*
 * Wait with interrupts on until one has been handled, then return with interrupts off. Returns at once if
 * this_cpu()->work is set.
 */
void cpu_idle(void);

#endif
