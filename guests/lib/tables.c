/* tables.c - see tables.h. */
#include "guests/lib/tables.h"

#include <stddef.h>

#include "guests/lib/hypercall.h"
#include "guests/lib/mode.h"
#include "guests/lib/outcome.h"
#include "guests/lib/string.h"

extern const uint8_t image_start[];

static uint32_t next_page = 1;
static uint32_t frames_taken;

pte_t *tables_directory(void) {
    return (pte_t *)start_info->pt_base;
}

static pte_t *table_of(pte_t l2) {
    return (pte_t *)(GUEST_VIRT_BASE + boot_pfn_of(l2 >> 12) * GUEST_PAGE_SIZE);
}

pte_t *tables_slot(uint32_t linear) {
    return &tables_directory()[linear / L2_SPAN];
}

pte_t *tables_entry(uint32_t linear) {
    pte_t l2 = *(volatile pte_t *)tables_slot(linear);

    return (l2 & PTE_P) != 0 ? &table_of(l2)[linear / GUEST_PAGE_SIZE % 1024] : NULL;
}

pte_t *tables_install(uint32_t linear) {
    pte_t *slot = tables_slot(linear);
    pte_t *table = page_take();

    if ((*slot & PTE_P) != 0)
        panic("the L2 slot of %x is taken: %x", linear, *slot);
    tables_close(table);
    tables_set(slot, tables_make(page_frame(table), PTE_P | PTE_W | PTE_U | PTE_A));
    return table;
}

void tables_set(volatile pte_t *entry, pte_t value) {
    if (mode_tables_plain())
        *entry = value;
    else if (tables_update(entry, value) != 0)
        panic("the hypervisor refused entry %x at %p", value, (void *)(uintptr_t)entry);
}

long tables_update(const volatile pte_t *entry, pte_t value) {
    struct mmu_update request = { tables_machine_address(entry), value };

    return hypercall_mmu_update(&request, 1, NULL, DOMID_SELF);
}

uint64_t tables_machine_address(const volatile pte_t *entry) {
    return (uint64_t)boot_mfn_of_linear(entry) << 12 | (pointer_word(entry) & (GUEST_PAGE_SIZE - 1));
}

void tables_close(void *page) {
    if (!mode_tables_plain())
        page_protect(page, false);
}

void tables_open(void *page) {
    if (!mode_tables_plain())
        page_protect(page, true);
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

/* By the one way that works in every mode, even where the table with the entry is read-only itself. */
void page_protect(const volatile void *page, bool writable) {
    uint32_t linear = pointer_word(page) & ~(GUEST_PAGE_SIZE - 1);
    pte_t entry = tables_make(page_frame(page), PTE_P | PTE_A | PTE_D | (writable ? PTE_W : 0));
    long result = hypercall_update_va_mapping(linear, entry, UVMF_INVLPG);

    if (result != 0)
        panic("page %x cannot be made %s: %d", linear, writable ? "writable" : "read-only", (int)result);
}

uint32_t frame_take(void) {
    uint32_t pfn = start_info->nr_pages - ++frames_taken;

    if (tables_entry(GUEST_VIRT_BASE + pfn * GUEST_PAGE_SIZE) != NULL)
        panic("memory is too small: frame %x is the first that the boot tables do not map", pfn);
    return pfn;
}

static bool is_unused(uint32_t mfn) {
    uint32_t pfn;

    if (!boot_owns(mfn))
        return false;
    pfn = boot_pfn_of(mfn);
    return pfn < start_info->nr_pages - frames_taken && tables_entry(GUEST_VIRT_BASE + pfn * GUEST_PAGE_SIZE) == NULL;
}

uint32_t frames_find_large(void) {
    uint32_t end = (uint32_t)hypercall_memory_op(XENMEM_maximum_ram_page, NULL);

    for (uint32_t first = 1024; first + 1024 <= end; first += 1024) {
        uint32_t count = 0;

        while (count < 1024 && is_unused(first + count))
            count++;
        if (count == 1024)
            return first;
    }
    return 0;
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

/* An operation on the frame of a page. */
static long on_frame(uint32_t command, const volatile void *page) {
    struct mmuext_op operation = { .cmd = command, .arg1.mfn = boot_mfn_of(page_frame(page)) };

    return hypercall_mmuext_op(&operation, 1, NULL, DOMID_SELF);
}

long tables_load(const pte_t *directory) {
    return on_frame(MMUEXT_NEW_BASEPTR, directory);
}

long tables_pin(const volatile void *page, uint32_t level) {
    return on_frame(level == 2 ? MMUEXT_PIN_L2_TABLE : MMUEXT_PIN_L1_TABLE, page);
}

long tables_unpin(const volatile void *page) {
    return on_frame(MMUEXT_UNPIN_TABLE, page);
}
