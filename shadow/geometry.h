/*
 * geometry.h - the paging format of this build, said once.
 *
 * Rules: no other file of the engine writes an entry's width, a table's length or the number of levels as a literal.
 * Callers: the engine, and the hypervisor's code that touches guest tables.
 * Source: Intel SDM volume 3, 4.3 (32-bit paging).
 */
#ifndef SHADOW_GEOMETRY_H
#define SHADOW_GEOMETRY_H

#include <stdint.h>

#define GEOMETRY_NAME "2level"
#define PAGE_SHIFT 12
#define PAGE_SIZE (1u << PAGE_SHIFT)
#define PAGE_MASK (~(PAGE_SIZE - 1))

/* One page-table entry of either level. */
typedef uint32_t pte_t;

#define LEVELS 2
#define TABLE_SHIFT 10                       /* log2 of the entries that a page has room for */
#ifndef TABLE_INDEX_BITS
#define TABLE_INDEX_BITS TABLE_SHIFT         /* fewer only in the exhaustive test, whose tables are small */
#endif
#define TABLE_ENTRIES (1u << TABLE_INDEX_BITS)
#define L1_SHIFT PAGE_SHIFT
#define L2_SHIFT (PAGE_SHIFT + TABLE_INDEX_BITS)
#define SUPERPAGE_FRAMES TABLE_ENTRIES        /* 4 KiB frames behind one large L2 entry */

#define l1_index(linear) (((uint32_t)(linear) >> L1_SHIFT) & (TABLE_ENTRIES - 1))
#define l2_index(linear) (((uint32_t)(linear) >> L2_SHIFT) & (TABLE_ENTRIES - 1))

/* Entry bits, both levels. */
#define PTE_P (1u << 0)
#define PTE_W (1u << 1)
#define PTE_U (1u << 2)
#define PTE_PWT (1u << 3)
#define PTE_PCD (1u << 4)
#define PTE_A (1u << 5)
#define PTE_D (1u << 6)                      /* L1, and L2 with PTE_PS */
#define PTE_PS (1u << 7)                     /* L2 only */
#define PTE_G (1u << 8)
#define PTE_AVAIL (7u << 9)
#define PTE_FRAME_MASK 0xfffff000u
#define PDE_LARGE_FRAME_MASK (~((1u << L2_SHIFT) - 1))
#define PDE_LARGE_RESERVED (~PDE_LARGE_FRAME_MASK & (~1u << PAGE_SHIFT)) /* bits 13-21: must be 0 without PSE-36 */

/* First L2 slot that belongs to the hypervisor in every address space. */
#ifndef HYPERVISOR_LINEAR_START
#define HYPERVISOR_LINEAR_START 0xfc000000u
#endif
#define HYPERVISOR_L2_FIRST (HYPERVISOR_LINEAR_START >> L2_SHIFT)

#endif
