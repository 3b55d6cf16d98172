/*
 * percpu.h - state that belongs to one processor, reached through one accessor.
 *
 * Rules: nothing outside this structure may depend on which processor executes. entry.S reads the first fields by the
 * offsets below.
 * Callers: everyone in xen/.
 */
#ifndef XEN_CPU_PERCPU_H
#define XEN_CPU_PERCPU_H

#define CPU_ATTEND 0
#define CPU_VCPU_INFO 4
#define CPU_WORK 8

#ifndef __ASSEMBLY__

#include <stdint.h>

struct vcpu;        /* xen/domain */
struct vcpu_info;   /* <xen/xen.h> */

struct cpu {
    /*
     * The one thing that every return to a guest looks at: pending and not masked there calls guest_return. It is
     * vcpu_info as long as work is zero, else urgent_vcpu_info. Set by the functions below and by entry.S only.
     */
    struct vcpu_info *attend;
    /*
     * Where the current vcpu's evtchn_upcall_pending and _mask lie (hypervisor's address; never NULL: points at
     * quiet_vcpu_info when no vcpu runs). Set by cpu_set_vcpu_info.
     */
    struct vcpu_info *vcpu_info;
    /*
     * Not zero: guest_return is called on the next return to a guest. Who sets bits (cpu_add_work) gives them their
     * meaning; guest_return clears them.
     */
    volatile uint32_t work;
    /*
     * Whose state is loaded, its root in CR3; NULL: nobody's. It runs, or, while the processor idles, was the last that
     * did.
     */
    struct vcpu *vcpu;
    struct vcpu *running;   /* vcpu, or NULL: the processor idles */
    /* Whose state the FPU holds; NULL: nobody's. */
    struct vcpu *fpu_owner;
    uint32_t id;
};

extern struct cpu cpus[1];
/* Nothing pending, everything masked; and always pending, never masked. Both are constant. */
extern struct vcpu_info quiet_vcpu_info, urgent_vcpu_info;

static inline struct cpu *this_cpu(void) {
    return &cpus[0];
}

/* Have guest_return called on the next return to a guest, with these bits of work. */
static inline void cpu_add_work(uint32_t work) {
    this_cpu()->work |= work;
    this_cpu()->attend = &urgent_vcpu_info;
}

/* Another vcpu's events count from now on (work, if there is any, still comes first). */
static inline void cpu_set_vcpu_info(struct vcpu_info *info) {
    this_cpu()->vcpu_info = info;
    this_cpu()->attend = this_cpu()->work ? &urgent_vcpu_info : info;
}

#endif
#endif
