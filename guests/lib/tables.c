/* tables.c - see tables.h. */
#include "guests/lib/tables.h"

#include <stddef.h>

#include "guests/lib/hypercall.h"
#include "guests/lib/outcome.h"
#include "guests/lib/string.h"

extern const uint8_t image_start[];

static uint32_t next_page = 1;
static uint32_t frames_taken;

pte_t *tables_directory(void) {
    return (pte_t *)start_info->pt_base;
}

static pte_t *table_of(pte_t l2) {
    uint32_t pfn = ((const uint32_t *)MACH2PHYS_VIRT_START_NONPAE)[l2 >> 12];

    return (pte_t *)(GUEST_VIRT_BASE + pfn * GUEST_PAGE_SIZE);
}

pte_t *tables_entry(uint32_t linear) {
    pte_t l2 = tables_directory()[linear / L2_SPAN];

    return (l2 & PTE_P) != 0 ? &table_of(l2)[linear / GUEST_PAGE_SIZE % 1024] : NULL;
}

pte_t *tables_install(uint32_t linear) {
    pte_t *slot = &tables_directory()[linear / L2_SPAN];
    pte_t *table = page_take();

    if ((*slot & PTE_P) != 0)
        panic("the L2 slot of %x is taken: %x", linear, *slot);
    *(volatile pte_t *)slot = tables_make(page_frame(table), PTE_P | PTE_W | PTE_U | PTE_A);
    return table;
}

pte_t tables_make(uint32_t pfn, pte_t flags) {
    return boot_mfn_of(pfn) << 12 | flags;
}

void *page_take(void) {
    void *page = (void *)(GUEST_VIRT_BASE + next_page * GUEST_PAGE_SIZE);

    if ((const uint8_t *)page >= image_start)
        panic("the pages below the kernel image are used up");
    next_page++;
    memset(page, 0, GUEST_PAGE_SIZE);
    return page;
}

uint32_t page_frame(const volatile void *page) {
    return ((uint32_t)(uintptr_t)page - GUEST_VIRT_BASE) / GUEST_PAGE_SIZE;
}

uint32_t frame_take(void) {
    uint32_t pfn = start_info->nr_pages - ++frames_taken;

    if (tables_entry(GUEST_VIRT_BASE + pfn * GUEST_PAGE_SIZE) != NULL)
        panic("memory is too small: frame %x is the first that the boot tables do not map", pfn);
    return pfn;
}

static void extended(struct mmuext_op operation) {
    long result = hypercall_mmuext_op(&operation, 1, NULL, DOMID_SELF);

    if (result != 0)
        panic("mmuext operation %u refused: %d", operation.cmd, (int)result);
}

void tables_flush_page(uint32_t linear) {
    extended((struct mmuext_op){ .cmd = MMUEXT_INVLPG_LOCAL, .arg1.linear_addr = linear });
}

void tables_flush(void) {
    extended((struct mmuext_op){ .cmd = MMUEXT_TLB_FLUSH_LOCAL });
}

long tables_load(const pte_t *directory) {
    struct mmuext_op operation = { .cmd = MMUEXT_NEW_BASEPTR, .arg1.mfn = boot_mfn_of(page_frame(directory)) };

    return hypercall_mmuext_op(&operation, 1, NULL, DOMID_SELF);
}
