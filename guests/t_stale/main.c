/*
 * t_stale - direct and writable mode: a frame changes its type, and the guest, whose duty flushes are, makes none. No
 * translation from before may let it write what is now a page table or a descriptor table, reach a frame that is not
 * its own any more, or have a former table walked.
 *
 * In shadow mode there are no types: outcome skip. Expected outcome: success.
 */
#include <stddef.h>

#include <xen/errno.h>

#include "guests/lib/boot.h"
#include "guests/lib/check.h"
#include "guests/lib/console.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/mode.h"
#include "guests/lib/outcome.h"
#include "guests/lib/probe.h"
#include "guests/lib/string.h"
#include "guests/lib/tables.h"
#include "guests/lib/traps.h"

#define AREA 0x40000000u         /* area_table is its table */
#define OTHER_AREA 0x44000000u
#define ROUNDS 3u
#define RW (PTE_P | PTE_W | PTE_A | PTE_D)

static pte_t *area_table;

/* Change what maps a page in the kernel's map, or at AREA, and say nothing to the TLB. */
static void map_silently(const void *page, pte_t flags) {
    pte_t entry = tables_make(page_frame(page), flags);

    check_equal(hypercall_update_va_mapping(pointer_word(page), entry, UVMF_NONE), 0);
}

static void area_silently(pte_t entry) {
    check_equal(hypercall_update_va_mapping(AREA, entry, UVMF_NONE), 0);
}

/* The page is in the TLB, writable, at both of its addresses, and no entry maps it writable any more. */
static void remember(uint32_t *page) {
    map_silently(page, RW);
    area_silently(tables_make(page_frame(page), RW));
    check(probe_write(pointer_word(page), 0) && probe_write(AREA, 0));
    area_silently(0);
    map_silently(page, PTE_P | PTE_A | PTE_D);
}

/* A store at an address where the page once was writable. */
static void check_not_writable(uint32_t linear, const uint32_t *page) {
    check(!probe_write(linear, 0xbad000));
    check_equal(page[0], 0);
}

static void check_page_to_table(uint32_t level) {
    uint32_t *page = page_take();

    check_group(level == 2 ? "page to directory" : "page to table");
    for (uint32_t round = 0; round < ROUNDS; round++) {
        remember(page);
        check_equal(tables_pin(page, level), 0);
        check_not_writable(AREA, page);
        if (level == 2 || mode_now() == PENUMBRA_MODE_direct)    /* in writable mode a store to an L1 table works */
            check_not_writable(pointer_word(page), page);
        check_equal(tables_unpin(page), 0);
    }
    page_protect(page, true);
}

/* The same where a whole table goes that mapped the page, and where a directory entry makes it a table. */
static void check_by_links(void) {
    pte_t *table = page_take();
    uint32_t *page = page_take();

    check_group("tables that go");
    for (uint32_t round = 0; round < ROUNDS; round++) {
        table[0] = tables_make(page_frame(page), RW);
        tables_close(table);
        check_equal(tables_update(tables_slot(OTHER_AREA), tables_make(page_frame(table), PTE_P | PTE_W)), 0);
        map_silently(page, RW);
        check(probe_write(OTHER_AREA, 0) && probe_write(pointer_word(page), 0));
        map_silently(page, PTE_P);
        check_equal(tables_update(tables_slot(OTHER_AREA), 0), 0);
        check_equal(tables_update(tables_slot(AREA + L2_SPAN), tables_make(page_frame(page), PTE_P | PTE_W)), 0);
        check_not_writable(OTHER_AREA, page);
        check_equal(tables_update(tables_slot(AREA + L2_SPAN), 0), 0);
        map_silently(page, RW);
        tables_open(table);
    }
}

/* A former table, written as memory: what is stored there is no entry, even to a processor that remembers it. */
static void check_table_to_page(void) {
    pte_t *table = page_take();
    uint32_t *page = page_take(), value;

    check_group("table to page");
    for (uint32_t round = 0; round < ROUNDS; round++) {
        memset(table, 0, GUEST_PAGE_SIZE);
        table[0] = tables_make(page_frame(page), RW);
        map_silently(table, PTE_P);
        check_equal(tables_update(tables_slot(OTHER_AREA), tables_make(page_frame(table), PTE_P | PTE_W)), 0);
        check(probe_read(OTHER_AREA, &value));
        check_equal(tables_update(tables_slot(OTHER_AREA), 0), 0);
        map_silently(table, RW);
        check(probe_write(pointer_word(&table[1]), 0x1000 | RW));            /* a frame of the hypervisor's */
        check(probe_write(pointer_word(&table[2]), tables_make(page_frame(tables_directory()), RW)));
        check(!probe_read(OTHER_AREA + GUEST_PAGE_SIZE, &value));
        check(!probe_write(OTHER_AREA + 2 * GUEST_PAGE_SIZE, 0));
    }
}

static void check_page_to_descriptors(void) {
    uint32_t *page = page_take();
    unsigned long frames[1] = { boot_mfn_of(page_frame(page)) };

    check_group("page to descriptor table");
    for (uint32_t round = 0; round < ROUNDS; round++) {
        remember(page);
        check_equal(hypercall_set_gdt(frames, 512), 0);
        check_not_writable(AREA, page);
        check_not_writable(pointer_word(page), page);
        check_equal(hypercall_set_gdt(frames, 0), 0);
    }
}

static void check_page_that_goes(void) {
    check_group("a frame that goes");
    for (uint32_t round = 0; round < ROUNDS; round++) {
        xen_pfn_t frame = boot_mfn_of(frame_take());
        struct xen_memory_reservation request = { .nr_extents = 1, .domid = DOMID_SELF };
        uint32_t value;

        area_silently(frame << 12 | RW);
        check(probe_write(AREA, 1));
        area_silently(0);
        set_xen_guest_handle(request.extent_start, &frame);
        check_equal(hypercall_memory_op(XENMEM_decrease_reservation, &request), 1);
        check(!probe_read(AREA, &value));
        check(!probe_write(AREA, 2));
    }
}

/* A directory that is not loaded any more, with the only writable mapping. */
static void check_base_pointer(void) {
    pte_t *directory = page_take(), *table = page_take();
    uint32_t *page = page_take();

    check_group("another directory");
    table[0] = tables_make(page_frame(page), RW);
    tables_close(table);
    memcpy(directory, tables_directory(), GUEST_PAGE_SIZE);
    directory[OTHER_AREA / L2_SPAN] = tables_make(page_frame(table), PTE_P | PTE_W);
    tables_close(directory);
    map_silently(page, PTE_P);
    check_equal(tables_load(directory), 0);
    check(probe_write(OTHER_AREA, 0));
    check_errno(tables_pin(page, 2), XEN_EINVAL);
    check_equal(tables_load(tables_directory()), 0);         /* with it directory and table go */
    check_equal(tables_pin(page, 2), 0);
    check_not_writable(OTHER_AREA, page);
    check_not_writable(pointer_word(page), page);
    check_equal(tables_unpin(page), 0);
}

_Noreturn void guest_main(void) {
    traps_install();
    probe_start();
    if (mode_tables_plain()) {
        print("in this mode frames have no types: there is nothing to test\n");
        finish(PENUMBRA_OUTCOME_skip);
    }
    area_table = tables_install(AREA);
    check_page_to_table(1);
    check_page_to_table(2);
    check_by_links();
    check_table_to_page();
    check_page_to_descriptors();
    check_page_that_goes();
    check_base_pointer();
    check_finish();
}
