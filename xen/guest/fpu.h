/*
 * fpu.h - lazy switching of FPU state, and the guest's own CR0.TS on top of it.
 *
 * The hardware's TS is set whenever the FPU does not hold the current vcpu's state or the guest wants to be told of the
 * next use.
 * Source: fpu_taskswitch in <xen/arch-x86/xen.h>; the primitives are xen/cpu/fpu.h.
 */
#ifndef XEN_GUEST_FPU_H
#define XEN_GUEST_FPU_H

#include <stdbool.h>
#include <xen/xen.h>

struct vcpu;

/*
 * Device-not-available fault: load the state; the guest gets the trap if it had set TS (which clears it, as Xen does).
 */
void fpu_trap(struct vcpu *vcpu, struct cpu_user_regs *regs);
/* The guest sets or clears its TS. */
void fpu_set_task_switched(struct vcpu *vcpu, bool set);
/* vcpu->fpu becomes what the vcpu has in its FPU, which may be the processor's. */
void fpu_store(struct vcpu *vcpu);
/* The vcpu becomes current; the vcpu goes away for good. */
void fpu_vcpu_loaded(struct vcpu *vcpu);
void fpu_vcpu_gone(struct vcpu *vcpu);

#endif
