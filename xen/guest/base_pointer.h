/*
 * base_pointer.h - a vcpu runs on another page directory.
 *
 * Callers: hypercall/mmuext_op.c (NEW_BASEPTR), privop_cr.c (mov to CR3).
 */
#ifndef XEN_GUEST_BASE_POINTER_H
#define XEN_GUEST_BASE_POINTER_H

#include <stdint.h>

#include "shadow/port.h"

struct vcpu;

/*
 * Make the frame that the domain names gfn the page directory of the current vcpu. No reference is held: a frame is given back by memory_remove
 * only, and that refuses page directories in use. Returns 0, or -EINVAL (not a frame of the
 * domain that may be a page table); then nothing has changed. cause: enum trace_cause of the flush. Within a hypercall
 * it may need to be asked again (hypercall_preempt); nothing has changed then either.
 */
int base_pointer_set(struct vcpu *vcpu, gfn_t gfn, uint32_t cause);

#endif
