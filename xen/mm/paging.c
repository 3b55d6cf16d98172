/*
 * paging.c - see paging.h and layout.h.
 */
#include "xen/mm/paging.h"

#include <stddef.h>

#include "xen/cpu/io.h"
#include "xen/lib/string.h"
#include "xen/mm/domain_area.h"
#include "xen/mm/heap.h"
#include "xen/mm/layout.h"
#include "xen/mm/m2p.h"
#include "xen/mm/map_cache.h"

#define PAGE_HYPERVISOR (PTE_P | PTE_W | PTE_A | PTE_D | PTE_G)
#define PAGE_HYPERVISOR_READ (PTE_P | PTE_A | PTE_D | PTE_G)
#define TABLE_IN_L2 (PTE_P | PTE_W | PTE_A)
#define M2P_TABLES ((LAYOUT_M2P_END - LAYOUT_M2P_START) >> L2_SHIFT)
#define FRAME_TABLE_TABLES ((LAYOUT_FRAME_TABLE_END - LAYOUT_FRAME_TABLE) >> L2_SHIFT)

#define CR4_MCE 0x40u
#define CR4_PGE 0x80u
#define CR4_OSFXSR 0x200u
#define CR4_OSXMMEXCPT 0x400u
#define CPUID_MCE (1u << 7)   /* leaf 1, edx */

#define TABLE_ALIGNED __attribute__((aligned(PAGE_SIZE)))

pte_t boot_area_l1[TABLE_ENTRIES] TABLE_ALIGNED;
pte_t map_cache_l1[LAYOUT_MAP_CACHE_SLOTS] TABLE_ALIGNED;
static pte_t m2p_read_l1[M2P_TABLES * TABLE_ENTRIES] TABLE_ALIGNED;
static pte_t m2p_write_l1[M2P_TABLES * TABLE_ENTRIES] TABLE_ALIGNED;
static pte_t frame_table_l1[FRAME_TABLE_TABLES * TABLE_ENTRIES] TABLE_ALIGNED;
static pte_t fixed_l1[TABLE_ENTRIES] TABLE_ALIGNED;
/*
 * Tables, though large pages would do: through a linear mapping (xen/direct/directory.c) a guest sees what an entry of
 * the directory names. That may be a table of the hypervisor, but not its memory.
 */
static pte_t direct_map_l1[LAYOUT_DIRECT_MAP_BYTES >> PAGE_SHIFT] TABLE_ALIGNED;

/* What hangs in the hypervisor's L2 slots. start.S made the direct map with large pages: these replace them. */
static const struct {
    uint32_t linear;
    pte_t *l1;
    uint32_t tables;
} slots[] = {
    { LAYOUT_M2P_START, m2p_read_l1, M2P_TABLES },
    { LAYOUT_M2P_WRITABLE, m2p_write_l1, M2P_TABLES },
    { LAYOUT_FRAME_TABLE, frame_table_l1, FRAME_TABLE_TABLES },
    { LAYOUT_DOMAIN_AREA, boot_area_l1, 1 },
    { LAYOUT_DIRECT_MAP, direct_map_l1, LAYOUT_DIRECT_MAP_BYTES >> L2_SHIFT },
    { LAYOUT_MAP_CACHE, map_cache_l1, LAYOUT_MAP_CACHE_SLOTS / TABLE_ENTRIES },
    { LAYOUT_FIXED, fixed_l1, 1 },
};

void paging_init(void) {
    for (uint32_t page = 0; page < LAYOUT_DIRECT_MAP_BYTES >> PAGE_SHIFT; page++) {
        direct_map_l1[page] = page << PAGE_SHIFT | PAGE_HYPERVISOR;
    }
    for (uint32_t i = 0; i < sizeof(slots) / sizeof(slots[0]); i++) {
        for (uint32_t table = 0; table < slots[i].tables; table++) {
            pte_t *l1 = slots[i].l1 + table * TABLE_ENTRIES;
            own_root[l2_index(slots[i].linear) + table] = physical_of(l1) | TABLE_IN_L2;
        }
    }
    for (uint32_t page = 0; page < LAYOUT_STACK_PAGES; page++) {
        uint32_t physical = physical_of(stack_pages + page * PAGE_SIZE);
        fixed_l1[l1_index(LAYOUT_STACK_GUARD) + 1 + page] = physical | PAGE_HYPERVISOR;
    }
    domain_area_fill_boot();
}

void paging_finish(void) {
    memset(own_root, 0, HYPERVISOR_L2_FIRST * sizeof(pte_t));
    uint32_t root = physical_of(own_root), cr4, features[4];
    asm volatile("mov %0, %%cr3" : : "r"(root) : "memory");
    asm volatile("mov %%cr4, %0" : "=r"(cr4));
    cr4 |= CR4_PGE | CR4_OSFXSR | CR4_OSXMMEXCPT;
    cpuid(1, features);
    if (features[3] & CPUID_MCE) {
        cr4 |= CR4_MCE;
    }
    asm volatile("mov %0, %%cr4" : : "r"(cr4) : "memory");
}

static void fill(pte_t *l1, const void *pointer, uint32_t pages, pte_t flags) {
    uint32_t physical = physical_of(pointer);
    for (uint32_t page = 0; page < pages; page++) {
        l1[page] = (physical + (page << PAGE_SHIFT)) | flags;
    }
}

void paging_map_frame_table(const void *pointer, uint32_t pages) {
    fill(frame_table_l1, pointer, pages, PAGE_HYPERVISOR);
}

void paging_map_m2p(const void *pointer, uint32_t pages) {
    fill(m2p_read_l1, pointer, pages, PAGE_HYPERVISOR_READ);
    fill(m2p_write_l1, pointer, pages, PAGE_HYPERVISOR);
}

mfn_t m2p_first_frame(void) {
    return (mfn_t){ m2p_read_l1[0] >> PAGE_SHIFT };
}

uint32_t layout_own_root_mfn(void) {
    return physical_of(own_root) >> PAGE_SHIFT;
}

void layout_init_root(pte_t *root, const struct domain_area *area) {
    memcpy(root + HYPERVISOR_L2_FIRST, own_root + HYPERVISOR_L2_FIRST,
           (TABLE_ENTRIES - HYPERVISOR_L2_FIRST) * sizeof(pte_t));
    if (area) {
        root[l2_index(LAYOUT_DOMAIN_AREA)] = physical_of(area->l1) | TABLE_IN_L2;
    }
}
