/*
 * segment_fixup.h - segments of 4 GiB for guests that asked for them (VMASST_TYPE_4gb_segments).
 *
 * Thread-local storage lies at negative offsets from %gs: offsets near 4 GiB, which wrap around to addresses below the
 * segment's base. No guest may have a segment that long (descriptor.c), so such a segment is one of two halves, and an
 * access to the other half faults. Then the descriptor is turned over and the instruction executed again.
 *
 * Rules: both halves pass descriptor_check. A descriptor is turned over only for an access that lies in its other half:
 * so an instruction that faults again for another reason gets its fault, and no instruction faults for ever.
 * Source: <xen/xen.h>, VMASST_TYPE_4gb_segments and _notify; the vector and error code of the notification as Xen 3.1:
 * 15, and the length of the instruction up to the end of its memory operand.
 * Callers: exception.c.
 */
#ifndef XEN_GUEST_SEGMENT_FIXUP_H
#define XEN_GUEST_SEGMENT_FIXUP_H

#include <stdbool.h>
#include <xen/xen.h>

struct vcpu;

/*
 * #GP(0) at regs: true when its segment was turned over; the guest then gets the notification, if it asked for that,
 * and executes the instruction again. False: it is another fault, nothing changed. Emits pv_emulate_4gb.
 */
bool segment_fixup(struct vcpu *vcpu, struct cpu_user_regs *regs);

#endif
