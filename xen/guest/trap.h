/*
 * trap.h - exceptions and events of a guest, on their way into its kernel.
 *
 * Delivering means: put the frame that Xen's ABI prescribes on the ring-1 stack and change regs so that the return goes
 * to the handler. When that cannot be done (no handler, bad stack) the domain is failed, as real hardware would have no
 * way out of a double fault either.
 * Source: Xen 3.x x86_32 ABI: struct trap_info in <xen/arch-x86/xen.h>, struct cpu_user_regs (saved_upcall_mask above
 * cs).
 * Callers: exception.c, fault.c, privop*.c, return.c.
 */
#ifndef XEN_GUEST_TRAP_H
#define XEN_GUEST_TRAP_H

#include <stdbool.h>
#include <stdint.h>
#include <xen/xen.h>

struct vcpu;

/* Vectors that carry an error code: 8, 10 to 14, 17. */
#define TRAPS_WITH_ERROR_CODE 0x00027d00u

enum {
    TRAP_DEBUG = 1, TRAP_NMI = 2, TRAP_BREAKPOINT = 3, TRAP_INVALID_OPCODE = 6, TRAP_NO_DEVICE = 7, TRAP_PROTECTION = 13,
    TRAP_PAGE_FAULT = 14, TRAP_SEGMENT_FIXUP = 15,
};

/* Deliver vector to the current vcpu's kernel; with_error: push error_code too. Emits pv_trap. */
void trap_deliver(struct vcpu *vcpu, struct cpu_user_regs *regs, uint32_t vector, bool with_error, uint32_t error_code);
/* Deliver a page fault: cr2 is made known first. Emits pv_page_fault. */
void trap_deliver_page_fault(struct vcpu *vcpu, struct cpu_user_regs *regs, uint32_t linear, uint32_t error_code);
/* Deliver the event upcall. Emits pv_event. */
void trap_deliver_event(struct vcpu *vcpu, struct cpu_user_regs *regs);

/* Deliver the NMI that is pending, unless it is masked or nobody handles it. Emits pv_trap. */
void trap_deliver_nmi(struct vcpu *vcpu, struct cpu_user_regs *regs);

/* Set one handler; cs gets RPL 1. */
void trap_set_handler(struct vcpu *vcpu, uint32_t vector, uint32_t cs, uint32_t address, uint32_t flags);
/*
 * The vcpu's handler for vector 0x80 has changed: its gate leads straight into the guest kernel if the handler allows
 * it, else to the hypervisor.
 */
void trap_install_direct(struct vcpu *vcpu);

#endif
