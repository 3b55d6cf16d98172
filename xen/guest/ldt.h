/*
 * ldt.h - a vcpu's local descriptor table.
 *
 * The guest names a linear address. A page of it is looked up, checked and shown to the processor when a selector in it
 * is first used (a page fault in the per-domain area) and taken away when the guest sets another LDT, runs on another
 * page directory, or flushes that address: what is shown is a translation, as those in a TLB are.
 * Callers: hypercall/mmuext_op.c, hypercall/flush.c, privop.c, fault.c, segment.c, base_pointer.c, end.c.
 */
#ifndef XEN_GUEST_LDT_H
#define XEN_GUEST_LDT_H

#include <stdbool.h>
#include <stdint.h>

struct vcpu;

/*
 * Use the table of entries descriptors at base from now on. -EINVAL: base not the start of a page, more than 8192
 * entries, or out of range; unchanged.
 */
int ldt_set(struct vcpu *vcpu, uint32_t base, uint32_t entries);
/*
 * Show page (0..15) of the table. False: beyond the table, not mapped by the guest, or a descriptor in it is not
 * allowed.
 */
bool ldt_show_page(struct vcpu *vcpu, uint32_t page);
/* Show no page until it is used again: the address may mean another frame now. Puts the pages' references. */
void ldt_forget_pages(struct vcpu *vcpu);
/*
 * The guest wants the page at linear (one_page), or all, to be looked up anew: if it is one of the table's, show none
 * until it is used again.
 */
void ldt_flush(struct vcpu *vcpu, bool one_page, uint32_t linear);
/* There is no LDT any more. */
void ldt_release(struct vcpu *vcpu);

#endif
