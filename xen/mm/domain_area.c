/*
 * domain_area.c - see domain_area.h.
 */
#include "xen/mm/domain_area.h"

#include <stddef.h>

#include "trace/emit.h"
#include "xen/cpu/tss.h"
#include "xen/lib/panic.h"
#include "xen/lib/string.h"
#include "xen/mm/heap.h"
#include "xen/mm/paging.h"
#include "xen/mm/tlb.h"

#define ENTRY_FLAGS (PTE_P | PTE_W | PTE_A | PTE_D)
/* Shown to nobody but the processor, which writes only into descriptors of code and data segments: zeros have none. */
#define ZERO_FLAGS (PTE_P | PTE_A | PTE_D)

static const uint8_t zero_page[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));

static void fill(pte_t *l1) {
    for (uint32_t page = 0; page < DOMAIN_AREA_GDT_PAGES; page++) {
        l1[page] = physical_of(zero_page) | ZERO_FLAGS;
    }
    l1[DOMAIN_AREA_RESERVED_PAGE] = physical_of(reserved_gdt_page) | ENTRY_FLAGS;
}

void domain_area_fill_boot(void) {
    fill(boot_area_l1);
}

bool domain_area_create(struct domain_area *area) {
    pte_t *l1 = heap_pages(1);
    if (!l1) {
        return false;
    }
    fill(l1);
    area->l1 = l1;
    return true;
}

void domain_area_destroy(struct domain_area *area) {
    heap_free(area->l1, 1);
    area->l1 = NULL;
}

/* Put entry into place page of the area; forget what the processor may hold of the old one. */
static void replace(struct domain_area *area, uint32_t page, pte_t entry, bool loaded) {
    pte_t old = area->l1[page];
    area->l1[page] = entry;
    if (loaded && (old & PTE_P) && old != entry) {
        tlb_flush_page(LAYOUT_DOMAIN_AREA + (page << PAGE_SHIFT), 1, TRACE_CAUSE_descriptor_table);
    }
}

void domain_area_set_gdt(struct domain_area *area, uint32_t page, mfn_t mfn, bool loaded) {
    ASSERT(page < DOMAIN_AREA_GDT_PAGES);
    replace(area, page, (mfn.n << PAGE_SHIFT) | ENTRY_FLAGS, loaded);
}

void domain_area_clear_gdt(struct domain_area *area, uint32_t page, bool loaded) {
    ASSERT(page < DOMAIN_AREA_GDT_PAGES);
    replace(area, page, physical_of(zero_page) | ZERO_FLAGS, loaded);
}

void domain_area_set_ldt(struct domain_area *area, uint32_t page, mfn_t mfn, bool loaded) {
    ASSERT(page < DOMAIN_AREA_LDT_PAGES);
    replace(area, DOMAIN_AREA_LDT_PAGE + page, (mfn.n << PAGE_SHIFT) | ENTRY_FLAGS, loaded);
}

void domain_area_clear_ldt(struct domain_area *area, uint32_t page, bool loaded) {
    ASSERT(page < DOMAIN_AREA_LDT_PAGES);
    replace(area, DOMAIN_AREA_LDT_PAGE + page, 0, loaded);
}

bool domain_area_ldt(const struct domain_area *area, uint32_t page, mfn_t *mfn) {
    ASSERT(page < DOMAIN_AREA_LDT_PAGES);
    pte_t entry = area->l1[DOMAIN_AREA_LDT_PAGE + page];
    mfn->n = entry >> PAGE_SHIFT;
    return entry & PTE_P;
}
