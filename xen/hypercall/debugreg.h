/*
 * debugreg.h - a guest's debug registers.
 *
 * Rules: breakpoints lie below the hypervisor's addresses; DR7 never has GD or an I/O breakpoint. A breakpoint that the
 * hypervisor hits while it copies to or from the guest is ignored.
 * Source: set_debugreg and get_debugreg in <xen/arch-x86/xen.h>; Intel SDM volume 3, 17.2.
 * Callers: debugreg.c's hypercalls, guest/privop_dr.c, guest/exception.c, domain/schedule.c.
 */
#ifndef XEN_HYPERCALL_DEBUGREG_H
#define XEN_HYPERCALL_DEBUGREG_H

#include <stdbool.h>
#include <stdint.h>

struct vcpu;

/* 0; -EINVAL: no such register (4, 5 or above 7); -EPERM: a value that is not allowed. Nothing changed on error. */
int debugreg_set(struct vcpu *vcpu, uint32_t number, uint32_t value);
/* Registers 0 to 7 (4 and 5 read as 0). False: no such register. */
bool debugreg_get(const struct vcpu *vcpu, uint32_t number, uint32_t *value);
/* The vcpu becomes current; it stops being so. */
void debugreg_load(const struct vcpu *vcpu);
void debugreg_unload(const struct vcpu *vcpu);
/* A debug exception of the guest: DR6 tells it why. */
void debugreg_note_trap(struct vcpu *vcpu);

#endif
