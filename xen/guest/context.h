/*
 * context.h - the whole state of a vcpu as Xen's struct vcpu_guest_context describes it.
 *
 * Source: <xen/arch-x86/xen.h>; as Xen 3.x (arch_set_info_guest) for a paravirtual domain.
 * Callers: hypercall/vcpu_op.c, hypercall/domctl.c.
 */
#ifndef XEN_GUEST_CONTEXT_H
#define XEN_GUEST_CONTEXT_H

#include <xen/xen.h>

struct vcpu;

/*
 * Give a vcpu that has no state yet (not initialised, not running) the one described: registers, traps, descriptor
 * tables, stacks, callbacks, debug registers, FPU, base pointer. Selectors, flags and descriptors are made harmless as
 * everywhere. -EINVAL: the base pointer, a frame of the GDT, the LDT or a debug register is none that the domain may
 * have; the vcpu is still not initialised. -ERESTART: not finished, ask again with the same context.
 */
int context_set(struct vcpu *vcpu, const struct vcpu_guest_context *context);

#endif
