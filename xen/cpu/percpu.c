/*
 * percpu.c - see percpu.h.
 */
#include "xen/cpu/percpu.h"

#include <stddef.h>
#include <stdint.h>
#include <xen/xen.h>

_Static_assert(offsetof(struct cpu, attend) == CPU_ATTEND, "entry.S");
_Static_assert(offsetof(struct cpu, vcpu_info) == CPU_VCPU_INFO, "entry.S");
_Static_assert(offsetof(struct cpu, work) == CPU_WORK, "entry.S");
_Static_assert(offsetof(struct vcpu_info, evtchn_upcall_pending) == 0, "entry.S");
_Static_assert(offsetof(struct vcpu_info, evtchn_upcall_mask) == 1, "entry.S");

struct vcpu_info quiet_vcpu_info = { .evtchn_upcall_mask = 1 };
struct vcpu_info urgent_vcpu_info = { .evtchn_upcall_pending = 1 };
struct cpu cpus[1] = { { .attend = &quiet_vcpu_info, .vcpu_info = &quiet_vcpu_info } };
