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

#define PARTS (TABLE_ENTRIES / DOMAIN_AREA_VCPU_PAGES)
#define ENTRY_FLAGS (PTE_P | PTE_W | PTE_A | PTE_D)
/* Shown to nobody but the processor, which writes only into descriptors of code and data segments: zeros have none. */
#define ZERO_FLAGS (PTE_P | PTE_A | PTE_D)

static const uint8_t zero_page[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));

/* Entries of vcpu's part. */
static pte_t *part(pte_t *l1, uint32_t vcpu) {
    ASSERT(vcpu < PARTS);
    return l1 + vcpu * DOMAIN_AREA_VCPU_PAGES;
}

/* Every part has the reserved page: between the loads of CR3 and GDTR the processor sees the part of another vcpu. */
static void fill(pte_t *l1, uint32_t vcpus) {
    for (uint32_t vcpu = 0; vcpu < PARTS; vcpu++) {
        pte_t *entries = part(l1, vcpu);

        entries[DOMAIN_AREA_RESERVED_PAGE] = physical_of(reserved_gdt_page) | ENTRY_FLAGS;
        for (uint32_t page = 0; page < DOMAIN_AREA_GDT_PAGES && vcpu < vcpus; page++) {
            entries[page] = physical_of(zero_page) | ZERO_FLAGS;
        }
    }
}

void domain_area_fill_boot(void) {
    fill(boot_area_l1, 1);
}

bool domain_area_create(struct domain_area *area, uint32_t vcpus) {
    pte_t *l1 = heap_pages(1);
    if (!l1) {
        return false;
    }
    fill(l1, vcpus);
    area->l1 = l1;
    return true;
}

void domain_area_destroy(struct domain_area *area) {
    heap_free(area->l1, 1);
    area->l1 = NULL;
}

/* Put entry into place page of vcpu's part; forget what the processor may hold of the old one. */
static void replace(struct domain_area *area, uint32_t vcpu, uint32_t page, pte_t entry, bool loaded) {
    pte_t *at = part(area->l1, vcpu) + page, old = *at;
    *at = entry;
    if (loaded && (old & PTE_P) && old != entry) {
        tlb_flush_page(LAYOUT_GDT(vcpu) + (page << PAGE_SHIFT), 1, TRACE_CAUSE_descriptor_table);
    }
}

void domain_area_set_gdt(struct domain_area *area, uint32_t vcpu, uint32_t page, mfn_t mfn, bool loaded) {
    ASSERT(page < DOMAIN_AREA_GDT_PAGES);
    replace(area, vcpu, page, (mfn.n << PAGE_SHIFT) | ENTRY_FLAGS, loaded);
}

void domain_area_clear_gdt(struct domain_area *area, uint32_t vcpu, uint32_t page, bool loaded) {
    ASSERT(page < DOMAIN_AREA_GDT_PAGES);
    replace(area, vcpu, page, physical_of(zero_page) | ZERO_FLAGS, loaded);
}

void domain_area_set_ldt(struct domain_area *area, uint32_t vcpu, uint32_t page, mfn_t mfn, bool loaded) {
    ASSERT(page < DOMAIN_AREA_LDT_PAGES);
    replace(area, vcpu, DOMAIN_AREA_LDT_PAGE + page, (mfn.n << PAGE_SHIFT) | ENTRY_FLAGS, loaded);
}

void domain_area_clear_ldt(struct domain_area *area, uint32_t vcpu, uint32_t page, bool loaded) {
    ASSERT(page < DOMAIN_AREA_LDT_PAGES);
    replace(area, vcpu, DOMAIN_AREA_LDT_PAGE + page, 0, loaded);
}

bool domain_area_ldt(const struct domain_area *area, uint32_t vcpu, uint32_t page, mfn_t *mfn) {
    ASSERT(page < DOMAIN_AREA_LDT_PAGES);
    pte_t entry = part(area->l1, vcpu)[DOMAIN_AREA_LDT_PAGE + page];
    mfn->n = entry >> PAGE_SHIFT;
    return entry & PTE_P;
}
