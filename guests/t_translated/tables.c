/* tables.c - what the builder left, page tables with numbers, descriptor tables (see main.c). */
#include "guests/t_translated/t_translated.h"

#include <stddef.h>

#include "guests/lib/traps.h"

#define FLAT_RING1 0x00cfb2000000ffffull /* a data segment */
#define OTHER_AREA 0x61000000u

static uint32_t read_cr3(void) {
    uint32_t value;

    __asm__ volatile("movl %%cr3, %0" : "=r"(value));
    return value;
}

void check_start(void) {
    uint32_t number = (uint32_t)start_info->shared_info >> 12, other = 0;
    domid_t self = DOMID_SELF;

    check_group("what the builder left");
    check(boot_is_translated());
    check(boot_feature(XENFEAT_writable_page_tables) && boot_feature(XENFEAT_mmu_pt_update_preserve_ad));
    for (uint32_t pfn = 0; pfn < start_info->nr_pages; pfn++)
        other += ((const uint32_t *)start_info->mfn_list)[pfn] != pfn;
    check_equal(other, 0);
    check(number < start_info->nr_pages && start_info->store_mfn < number && start_info->console.domU.mfn < number);
    check(((struct shared_info *)(GUEST_VIRT_BASE + (number << 12)))->vcpu_info[0].evtchn_upcall_mask != 0);
    check_equal(*tables_entry(GUEST_VIRT_BASE + GUEST_PAGE_SIZE) >> 12, 1);
    check_equal(read_cr3() >> 12, page_frame(tables_directory()));
    check_equal(frames_now(), start_info->nr_pages - 1); /* shared_info is in the place of one */
    check((unsigned long)hypercall_memory_op(XENMEM_maximum_gpfn, &self) > beyond(0));
}

static void check_entries(void) {
    uint32_t *page = page_take(), linear = show(0, page_frame(page));
    struct mmu_update request = { (uint64_t)page_frame(area) << 12 | 4, page_frame(page) << 12 | RW };
    struct mmu_update machphys = { (uint64_t)page_frame(page) << 12 | MMU_MACHPHYS_UPDATE, 77 };

    *page = 0x1234;
    check(reads(linear, 0x1234));
    check_equal(hypercall_mmu_update(&request, 1, NULL, DOMID_SELF), 0);
    check(reads(linear + GUEST_PAGE_SIZE, 0x1234));
    check_equal(hypercall_update_va_mapping(linear + 2 * GUEST_PAGE_SIZE, page_frame(page) << 12 | RW, UVMF_INVLPG), 0);
    check(reads(linear + 2 * GUEST_PAGE_SIZE, 0x1234));
    check_errno(hypercall_mmu_update(&machphys, 1, NULL, DOMID_SELF), XEN_EINVAL);
    request.ptr = (uint64_t)beyond(0) << 12;
    check_errno(hypercall_mmu_update(&request, 1, NULL, DOMID_SELF), XEN_EINVAL);
}

/* Numbers without a frame: within those that there can be, beyond them, the highest that an entry can hold. */
static void check_nothing(void) {
    const uint32_t numbers[] = { beyond(0), (uint32_t)start_info->nr_pages + 5000, 0x80000, 0xfffff };

    for (uint32_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        check(is_absent(show(3, numbers[i])));
        *(volatile pte_t *)tables_slot(OTHER_AREA) = numbers[i] << 12 | RW;
        tables_flush();
        check(is_absent(OTHER_AREA));
    }
    *(volatile pte_t *)tables_slot(OTHER_AREA) = 0;
    tables_flush();
}

static long whole_page(uint32_t command, uint32_t to, uint32_t from) {
    struct mmuext_op operation = { .cmd = command, .arg1.mfn = to, .arg2.src_mfn = from };

    return hypercall_mmuext_op(&operation, 1, NULL, DOMID_SELF);
}

static void check_operations(void) {
    uint32_t *from = page_take(), *to = page_take();

    *from = 0x55aa;
    check_equal(whole_page(MMUEXT_COPY_PAGE, page_frame(to), page_frame(from)), 0);
    check_equal(*(volatile uint32_t *)to, 0x55aa);
    check_equal(whole_page(MMUEXT_CLEAR_PAGE, page_frame(to), 0), 0);
    check_equal(*(volatile uint32_t *)to, 0);
    check_errno(whole_page(MMUEXT_CLEAR_PAGE, beyond(0), 0), XEN_EINVAL);
    check_errno(whole_page(MMUEXT_COPY_PAGE, page_frame(to), beyond(0)), XEN_EINVAL);
    check_errno(whole_page(MMUEXT_NEW_BASEPTR, beyond(0), 0), XEN_EINVAL);
    check_errno(whole_page(MMUEXT_PIN_L1_TABLE, beyond(0), 0), XEN_EINVAL);
    check_equal(tables_pin(to, 1), 0);
    check_equal(reserve(XENMEM_decrease_reservation, page_frame(to)), 0);
    check_errno(add(XENMAPSPACE_gmfn, page_frame(to), beyond(0)), XEN_EINVAL);
    check_equal(tables_unpin(to), 0);
}

static void check_descriptors(void) {
    uint64_t *table = page_take();
    xen_ulong_t frames[1] = { page_frame(table) }, none[1] = { beyond(0) };
    uint16_t selector;

    check_equal(hypercall_update_descriptor((uint64_t)page_frame(table) << 12 | 8, FLAT_RING1), 0);
    check(table[1] != 0); /* its limit is cut */
    check_errno(hypercall_update_descriptor((uint64_t)beyond(0) << 12 | 8, FLAT_RING1), XEN_EINVAL);
    check_errno(hypercall_set_gdt(none, 512), XEN_EINVAL);
    check_equal(hypercall_set_gdt(frames, 512), 0);
    __asm__ volatile("movw %1, %%fs\n\tmovw %%fs, %0" : "=r"(selector) : "r"((uint16_t)9));
    check_equal(selector, 9);
    __asm__ volatile("movw %0, %%fs" : : "r"((uint16_t)0));
    check(!probe_write(pointer_word(table), 0));
    check_equal(reserve(XENMEM_decrease_reservation, page_frame(table)), 0);
    check_errno(remove(page_frame(table)), XEN_EINVAL);
    check_equal(hypercall_set_gdt(frames, 0), 0);
}

void check_tables(void) {
    check_group("page tables");
    check_entries();
    check_nothing();
    check_group("whole pages, pins");
    check_operations();
    check_group("descriptor tables");
    check_descriptors();
}
