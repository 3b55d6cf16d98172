/*
 * context.h - the whole state of a vcpu as Xen's struct vcpu_guest_context describes it.
 *
 * Source: <xen/arch-x86/xen.h>; as Xen 3.x (arch_set_info_guest) for a paravirtual domain.
 * Callers: hypercall/vcpu_op.c, hypercall/domctl_build.c, hypercall/domctl.c.
 */
#ifndef XEN_GUEST_CONTEXT_H
#define XEN_GUEST_CONTEXT_H

#include <xen/xen.h>

struct vcpu;

/*
 * Give a vcpu that has no state yet (not initialised, not running) the one described: registers, traps, descriptor
 * tables, stacks, callbacks, debug registers, FPU, base pointer. Selectors, flags and descriptors are made harmless as
 * everywhere; IOPL in the flags is the vcpu's virtual one. -EINVAL: the base pointer, a frame of the GDT, the LDT or
 * a debug register is none that the domain may have; the vcpu is still not initialised. -ERESTART: not finished, ask
 * again with the same context.
 */
int context_set(struct vcpu *vcpu, const struct vcpu_guest_context *context);

/*
 * Describe the state of a vcpu that has one: what context_set would make the same again, and with VGCF_online
 * whether it is up, VGCF_in_kernel where it is, vm_assist the assists of its domain, IOPL in eflags its virtual one.
 * Whose registers the processor holds is the caller of a hypercall.
 */
void context_get(struct vcpu *vcpu, struct vcpu_guest_context *context);

#endif
