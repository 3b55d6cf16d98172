/*
 * gdt.h - a vcpu's global descriptor table, and the check that every descriptor of a guest passes.
 *
 * Rules: a frame shown as GDT or LDT holds its type reference; its type means that each of its 512 descriptors passed
 * descriptor_check, so the frame can be shown again without another look while it keeps the type.
 * Source: <xen/arch-x86/xen.h> (set_gdt, update_descriptor); Intel SDM volume 3, 3.4.5.
 * Callers: hypercall/descriptors.c, end.c, ldt.c, segment_fixup.c; the two pure functions also hosted tests.
 */
#ifndef XEN_GUEST_GDT_H
#define XEN_GUEST_GDT_H

#include <stdbool.h>
#include <stdint.h>

#include "shadow/port.h"

struct domain;
struct vcpu;

/*
 * May a guest have this descriptor? It may be changed on the way, as Xen does: privilege level 0 becomes 1, a limit
 * that would reach the hypervisor is cut (page-granular segments only), a gate's selector gets at least RPL 1. False:
 * no; words then hold anything.
 */
bool descriptor_check(uint32_t words[2]);

/*
 * Turn the descriptor of a data segment of 4 GiB, of which the guest can have only one half at a time, over to its
 * other half, if offset is there. False: offset is not, or it is not such a segment; unchanged. A descriptor that
 * passed descriptor_check passes it turned over too, without a change.
 */
bool descriptor_flip(uint32_t words[2], uint32_t offset);

/*
 * Take a general reference and type (FRAME_GDT or FRAME_LDT), checking all descriptors of the frame if it does not have
 * the type. False: nothing taken.
 */
bool descriptor_frame_get(struct domain *domain, mfn_t mfn, uint32_t type);

/*
 * Install entries descriptors in the frames given (copied in already, one for each 512 entries). -EINVAL: a frame
 * cannot be a GDT; nothing changed.
 */
int gdt_set(struct vcpu *vcpu, const uint32_t *frames, uint32_t entries);
/* Show no guest GDT any more and put the references. */
void gdt_release(struct vcpu *vcpu);

#endif
