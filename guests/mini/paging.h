/*
 * paging.h - the paging format this kernel is built for, and its linear address space.
 *
 * Rules: no other file writes an entry's width, a table's length or a bit as a literal.
 * Source: Intel SDM volume 3, 4.3 (32-bit paging).
 *
 *   0x00000000  never mapped (USER_START)
 *   0x00001000  ring-3 programs ... stack down from USER_END
 *   0xc0000000  all memory, at KERNEL_BASE + pfn * PAGE_SIZE
 *   0xfc000000  the hypervisor; its first 4 MiB are the machine-to-physical table, readable
 */
#ifndef MINI_PAGING_H
#define MINI_PAGING_H

#include <stdbool.h>
#include <stdint.h>

typedef uint32_t pte_t;

#define PAGE_SHIFT 12
#define PAGE_SIZE (1u << PAGE_SHIFT)
#define TABLE_ENTRIES 1024u
#define L2_SHIFT 22
#define L2_SPAN (1u << L2_SHIFT)

#define KERNEL_BASE 0xc0000000u
#define USER_START PAGE_SIZE
#define USER_END KERNEL_BASE
#define KERNEL_L2_FIRST (KERNEL_BASE >> L2_SHIFT)
#define HYPERVISOR_BASE 0xfc000000u
#define HYPERVISOR_L2_FIRST (HYPERVISOR_BASE >> L2_SHIFT)
#define MAXIMUM_FRAMES ((HYPERVISOR_BASE - KERNEL_BASE) / PAGE_SIZE)

#define PTE_P 0x001u
#define PTE_W 0x002u
#define PTE_U 0x004u
#define PTE_A 0x020u
#define PTE_D 0x040u
#define PTE_PS 0x080u                /* of an L2 entry: it maps L2_SPAN by itself */
#define PTE_G 0x100u
/* In an entry that is not present: the page lies in swap slot entry >> PAGE_SHIFT. */
#define PTE_SWAPPED 0x200u

/* Flags of the entries that this kernel makes. */
#define PTE_KERNEL (PTE_P | PTE_W | PTE_A | PTE_D)
#define PTE_TABLE (PTE_P | PTE_W | PTE_U | PTE_A)
#define PTE_USER (PTE_P | PTE_U | PTE_A)

/* Bits of a page fault's error code. */
#define FAULT_PRESENT 1u
#define FAULT_WRITE 2u
#define FAULT_USER 4u

static inline uint32_t l1_index(uint32_t linear) {
    return linear >> PAGE_SHIFT & (TABLE_ENTRIES - 1);
}

static inline uint32_t l2_index(uint32_t linear) {
    return linear >> L2_SHIFT;
}

/*
 * Does an entry of a page directory name a table? The present bit does not tell: in writable mode the hypervisor takes
 * it from the entry of a table that is being written.
 */
static inline bool names_table(pte_t l2_entry) {
    return l2_entry != 0;
}

static inline uint32_t page_down(uint32_t linear) {
    return linear & ~(PAGE_SIZE - 1);
}

static inline uint32_t page_up(uint32_t linear) {
    return page_down(linear + PAGE_SIZE - 1);
}

/* Where the kernel sees a pseudo-physical frame, and back. */
static inline void *frame_pointer(uint32_t pfn) {
    return (void *)(uintptr_t)(KERNEL_BASE + pfn * PAGE_SIZE);
}

static inline uint32_t pointer_frame(const void *pointer) {
    return ((uint32_t)(uintptr_t)pointer - KERNEL_BASE) / PAGE_SIZE;
}

#endif
