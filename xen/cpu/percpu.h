/*
 * percpu.h - state that belongs to one processor, reached through one accessor.
 *
 * Rules: nothing outside this structure may depend on which processor executes. entry.S reads the first fields by the
 * offsets below.
 * Callers: everyone in xen/.
 */
#ifndef XEN_CPU_PERCPU_H
#define XEN_CPU_PERCPU_H

#define CPU_VCPU_INFO 0
#define CPU_WORK 4
#define CPU_VCPU 8

#ifndef __ASSEMBLY__

#include <stdint.h>

struct vcpu;        /* xen/domain */
struct vcpu_info;   /* <xen/xen.h> */

struct cpu {
    /*
     * Where the current vcpu's evtchn_upcall_pending and _mask lie (hypervisor's address; never NULL: points at
     * quiet_vcpu_info when no vcpu runs). Looked at on every return to a guest: pending and not masked calls
     * guest_return.
     */
    struct vcpu_info *vcpu_info;
    /*
     * Not zero: guest_return is called on the next return to a guest. Who sets it (xen/domain) gives the bits their
     * meaning.
     */
    volatile uint32_t work;
    /* Runs on this processor; NULL at boot. */
    struct vcpu *vcpu;
    /* Whose state the FPU holds; NULL: nobody's. */
    struct vcpu *fpu_owner;
    uint32_t id;
};

extern struct cpu cpus[1];
/* Nothing pending, everything masked. */
extern struct vcpu_info quiet_vcpu_info;

static inline struct cpu *this_cpu(void) {
    return &cpus[0];
}

#endif
#endif
