/*
 * layout.h - the hypervisor's linear address space, said once. Every root has these slots.
 *
 *   FC000000  machine-to-physical table, read-only, guest kernels read it
 *   FC400000  the same table, writable, hypervisor only
 *   FC800000  frame table
 *   FD000000  per-domain area: 32 pages for each vcpu: GDT (14 pages of the guest, 1 reserved page), LDT
 *   FD400000  direct map: the machine's first 28 MiB. Image, heap, shadow pools, modules
 *   FF000000  map cache: one-page windows onto any machine frame
 *   FF800000  fixed pages: the processor's stack with a guard page below it
 *   FFC00000  nothing
 *
 * Rules: every entry here is supervisor-only; all but the per-domain area's are global, so they outlive a load of
 * CR3. The L2 slots are complete before the first root is made and never change after that. Guest segments end at
 * GUEST_SEGMENT_LIMIT, which is all that keeps ring 1 away from what lies above the machine-to-physical table.
 * Callers: everyone in xen/, the linker script (through the preprocessor: nothing but numbers outside the C part).
 * Source: <xen/arch-x86/xen-x86_32.h>, the non-PAE bounds.
 */
#ifndef XEN_MM_LAYOUT_H
#define XEN_MM_LAYOUT_H

#define LAYOUT_M2P_START 0xfc000000
#define LAYOUT_M2P_END 0xfc400000
#define LAYOUT_M2P_WRITABLE 0xfc400000
#define LAYOUT_FRAME_TABLE 0xfc800000
#define LAYOUT_FRAME_TABLE_END 0xfd000000
#define LAYOUT_DOMAIN_AREA 0xfd000000
#define LAYOUT_DIRECT_MAP 0xfd400000
#define LAYOUT_DIRECT_MAP_BYTES 0x01c00000
#define LAYOUT_MAP_CACHE 0xff000000
#define LAYOUT_MAP_CACHE_SLOTS 2048
#define LAYOUT_FIXED 0xff800000

/* where GRUB puts the image */
#define LAYOUT_IMAGE_PHYSICAL 0x00100000

/* The processor's stack: a guard page, then the stack, at the beginning of the fixed pages. */
#define LAYOUT_STACK_GUARD LAYOUT_FIXED
#define LAYOUT_STACK_PAGES 4
#define LAYOUT_STACK_TOP (LAYOUT_FIXED + (1 + LAYOUT_STACK_PAGES) * 0x1000)
/*
 * Its uppermost bytes are the interrupted guest's struct cpu_user_regs; the hypervisor's own frames begin below, the
 * boot's too.
 */
#define LAYOUT_GUEST_REGS_BYTES 68
#define LAYOUT_STACK_BEGIN (LAYOUT_STACK_TOP - LAYOUT_GUEST_REGS_BYTES)

/* First linear address that no hypercall argument may reach. */
#define GUEST_LINEAR_END LAYOUT_M2P_START
/* Highest linear address + 1 that a guest's segment may reach: guests read the machine-to-physical table. */
#define GUEST_SEGMENT_END LAYOUT_M2P_END
/* The same as a segment limit in pages, as a descriptor holds it (base 0). */
#define GUEST_SEGMENT_LIMIT ((GUEST_SEGMENT_END >> 12) - 1)

/* The part of a vcpu in the per-domain area, in pages from the part's first. */
#define DOMAIN_AREA_GDT_PAGES 14
#define DOMAIN_AREA_RESERVED_PAGE 14
#define DOMAIN_AREA_LDT_PAGE 16
#define DOMAIN_AREA_LDT_PAGES 16
#define DOMAIN_AREA_VCPU_PAGES 32
#define LAYOUT_GDT(vcpu) (LAYOUT_DOMAIN_AREA + (vcpu) * DOMAIN_AREA_VCPU_PAGES * 0x1000)
#define LAYOUT_LDT(vcpu) (LAYOUT_GDT(vcpu) + DOMAIN_AREA_LDT_PAGE * 0x1000)

#ifndef __ASSEMBLY__

#include "shadow/geometry.h"

struct domain_area;

/*
 * Fill slots HYPERVISOR_L2_FIRST and up of a new root with the hypervisor's entries; the per-domain slot gets area's
 * table. root: a whole table, mapped writable; its lower slots are left alone. area: see xen/mm/domain_area.h; NULL:
 * the boot area (the reserved GDT page and nothing else).
 */
void layout_init_root(pte_t *root, const struct domain_area *area);

/*
 * The hypervisor's own root, with nothing below HYPERVISOR_LINEAR_START: loaded when no domain runs. Its machine
 * frame.
 */
uint32_t layout_own_root_mfn(void);

#endif
#endif
