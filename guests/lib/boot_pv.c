/*
 * boot_pv.c - from the builder's start_info to a guest_main that can rely on it (see boot.h).
 *
 * Source: start-of-day memory layout in xen/xen.h.
 */
#include "guests/lib/boot.h"

#include "guests/lib/console.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/outcome.h"
#include "guests/lib/string.h"

/* Replaced by the real shared_info: its own frame is only needed for its address. */
static uint8_t shared_info_page[GUEST_PAGE_SIZE] __attribute__((aligned(4096)));

_Noreturn void guest_boot(struct start_info *info);

static bool translated;

bool boot_is_translated(void) {
    return translated;
}

uint32_t boot_mfn_of(uint32_t pfn) {
    return translated ? pfn : ((const uint32_t *)start_info->mfn_list)[pfn];
}

uint32_t boot_pfn_of(uint32_t mfn) {
    return translated ? mfn : ((const uint32_t *)MACH2PHYS_VIRT_START_NONPAE)[mfn];
}

uint32_t boot_mfn_of_linear(const volatile void *pointer) {
    return boot_mfn_of(((uint32_t)(uintptr_t)pointer - GUEST_VIRT_BASE) / GUEST_PAGE_SIZE);
}

bool boot_owns(uint32_t mfn) {
    uint32_t pfn = translated || mfn < 0x100000 ? boot_pfn_of(mfn) : start_info->nr_pages;

    return pfn < start_info->nr_pages && boot_mfn_of(pfn) == mfn;
}

bool boot_feature(uint32_t number) {
    struct xen_feature_info argument = { .submap_idx = number / 32 };

    return hypercall_xen_version(XENVER_get_features, &argument) == 0 && (argument.submap >> (number % 32) & 1) != 0;
}

/* update_va_mapping works in every paging mode, so it serves before a guest knows which one it is in. */
static void map_shared_info(void) {
    uint32_t entry = (uint32_t)start_info->shared_info | 0x63;     /* present, writable, accessed, dirty */
    long result = hypercall_update_va_mapping(pointer_word(shared_info_page), entry, UVMF_INVLPG);

    if (result != 0)
        panic("cannot map shared_info (machine address %x): update_va_mapping returned %d",
              (uint32_t)start_info->shared_info, (int)result);
    shared_info = (struct shared_info *)shared_info_page;
}

/*
 * The builder maps the page tables read-only in every mode. Where they may be written with plain stores they are opened
 * for that.
 */
static void open_tables(void) {
    if (!boot_feature(XENFEAT_writable_page_tables))
        return;
    for (uint32_t i = 0; i < start_info->nr_pt_frames; i++) {
        uint32_t linear = (uint32_t)start_info->pt_base + i * GUEST_PAGE_SIZE;
        uint32_t mfn = boot_mfn_of((linear - GUEST_VIRT_BASE) / GUEST_PAGE_SIZE);
        long result = hypercall_update_va_mapping(linear, mfn << 12 | 0x63, UVMF_INVLPG);

        if (result != 0)
            panic("cannot map the page table at %x writable: update_va_mapping returned %d", linear, (int)result);
    }
}

_Noreturn void guest_boot(struct start_info *info) {
    start_info = info;
    if (memcmp(info->magic, "xen-3", 5) != 0)
        panic("start_info at %p does not begin with the magic word of Xen 3", (void *)info);
    info->cmd_line[MAX_GUEST_CMDLINE - 1] = '\0';
    translated = boot_feature(XENFEAT_auto_translated_physmap);
    map_shared_info();
    open_tables();
    guest_main();
}
