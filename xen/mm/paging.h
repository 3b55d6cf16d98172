/*
 * paging.h - the boot's half of the hypervisor's page tables (layout: xen/mm/layout.h).
 *
 * Rules: everything here runs once, before the record hypervisor_start: it is the only code besides xen/mm/tlb.c and
 * boot/start.S that executes instructions which control the TLB.
 * Callers: start.S, boot.
 */
#ifndef XEN_MM_PAGING_H
#define XEN_MM_PAGING_H

#include <stdint.h>

#include "shadow/geometry.h"
#include "xen/mm/layout.h"

/* The hypervisor's own root. */
extern pte_t own_root[TABLE_ENTRIES];
/* Table of the area that is seen when no domain's is: the reserved GDT page and pages of zeros. */
extern pte_t boot_area_l1[TABLE_ENTRIES];
/* The stack's pages as they lie in the image; running code sees them at LAYOUT_STACK_TOP. */
extern uint8_t stack_pages[LAYOUT_STACK_PAGES * PAGE_SIZE];

/* Hang every table of the hypervisor's range into own_root and map the stack. First thing in C. */
void paging_init(void);
/*
 * Drop the identity map below HYPERVISOR_LINEAR_START, make the hypervisor's entries global, allow SSE and machine
 * checks.
 */
void paging_finish(void);
/*
 * Show bytes of the heap from pointer on at linear: in the frame table's range, or at the machine-to-physical table's
 * two ranges.
 */
void paging_map_frame_table(const void *pointer, uint32_t pages);
void paging_map_m2p(const void *pointer, uint32_t pages);

#endif
