/*
 * segment.h - segments as the guest's descriptor tables define them, for what the hypervisor does on the guest's
 * behalf.
 *
 * Source: Intel SDM volume 3, 3.4.5 and 5.3.
 * Callers: trap.c (stacks), privop.c (code), segment_fixup.c, glue (emulation of writes).
 */
#ifndef XEN_GUEST_SEGMENT_H
#define XEN_GUEST_SEGMENT_H

#include "xen/domain/domain.h"

struct segment {
    uint32_t base;
    uint32_t limit;       /* highest valid offset; for expand_down: highest invalid one */
    uint8_t level;        /* DPL */
    bool system, code, writable, expand_down;
    bool big;             /* D/B: 32-bit */
};

/*
 * The present segment that selector names for the current vcpu (its GDT, reserved page included, or LDT). False: null
 * selector, outside the table, or not present. Hypervisor segments are found too: look at level.
 */
bool segment_find(const struct vcpu *vcpu, uint32_t selector, struct segment *segment);

/*
 * The current vcpu's own descriptor that selector names, where the processor reads it, to be changed into another that
 * descriptor_check allows. NULL: null selector, not in its tables, or in a page of the LDT that cannot be shown.
 */
uint32_t *segment_own_descriptor(const struct vcpu *vcpu, uint32_t selector);

/*
 * The linear address of length bytes at offset in the data segment that selector names, for the guest kernel (ring 1)
 * to write. False: not a writable data segment of ring 1, or beyond its limit.
 */
bool segment_stack_address(const struct vcpu *vcpu, uint32_t selector, uint32_t offset, uint32_t length,
                           uint32_t *linear);

#endif
