/*
 * domain_area.h - the linear range in which the processor finds the current vcpu's GDT and LDT.
 *
 * One L1 table a domain, hung into slot LAYOUT_DOMAIN_AREA of each of its roots, with a part for each vcpu. GDTR's base
 * is LAYOUT_GDT of the vcpu that runs, its limit covers the 14 guest pages and the reserved page (selectors 0xe000 and
 * up) behind them. Guest pages that are not set show a page of zeros, so a selector there gives #GP as a null
 * descriptor does, not a page fault.
 *
 * Rules: entries are not global. A page put here is written by the processor (accessed bit of a descriptor), so it is
 * mapped writable: the caller holds a type reference (FRAME_GDT, FRAME_LDT) that keeps the guest from writing it, and
 * has checked every descriptor.
 * Callers: xen/domain, xen/hypercall (set_gdt, set_ldt), xen/guest (lazy LDT pages).
 */
#ifndef XEN_MM_DOMAIN_AREA_H
#define XEN_MM_DOMAIN_AREA_H

#include <stdbool.h>

#include "shadow/port.h"
#include "xen/mm/layout.h"

struct domain_area {
    pte_t *l1;   /* the table, in the heap */
};

/* Boot: fill the area that is seen when no domain's is (xen/mm/paging.h). */
void domain_area_fill_boot(void);

/*
 * Make the area of a new domain with so many vcpus: reserved page and zero pages for each. False: no heap left; area
 * unchanged.
 */
bool domain_area_create(struct domain_area *area, uint32_t vcpus);
/* Give the table back. No root that holds it may be loaded. */
void domain_area_destroy(struct domain_area *area);

/*
 * Show mfn as vcpu's GDT page 0..DOMAIN_AREA_GDT_PAGES-1, or zeros again. loaded: the area is in the root that is in
 * CR3 now; then the page is flushed (cause descriptor_table).
 */
void domain_area_set_gdt(struct domain_area *area, uint32_t vcpu, uint32_t page, mfn_t mfn, bool loaded);
void domain_area_clear_gdt(struct domain_area *area, uint32_t vcpu, uint32_t page, bool loaded);

/*
 * Show mfn as vcpu's LDT page 0..DOMAIN_AREA_LDT_PAGES-1, or nothing: using a selector there then gives a page fault
 * at LAYOUT_LDT(vcpu) + page * 4096, which the page-fault router may answer by setting the page. Set needs no flush
 * where nothing was shown, and none is made.
 */
void domain_area_set_ldt(struct domain_area *area, uint32_t vcpu, uint32_t page, mfn_t mfn, bool loaded);
void domain_area_clear_ldt(struct domain_area *area, uint32_t vcpu, uint32_t page, bool loaded);
/* What vcpu's LDT page shows: true and *mfn, or false. */
bool domain_area_ldt(const struct domain_area *area, uint32_t vcpu, uint32_t page, mfn_t *mfn);

#endif
