/*
 * t_superpages - large pages of the guest in shadow mode: 4 MiB that lie in one piece in the machine are used as such,
 * so that one fault does for 1024 pages; what is not in one piece, or has a table in it, works in pieces.
 *
 * Which of the two it was shows in time: a tick of the clock is an instruction. Wants memory that is not scattered.
 * Expected outcome: success.
 */
#include <stddef.h>

#include "guests/lib/boot.h"
#include "guests/lib/check.h"
#include "guests/lib/clock.h"
#include "guests/lib/console.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/probe.h"
#include "guests/lib/tables.h"
#include "guests/lib/traps.h"
#include "xen/public/penumbra.h"

#define PAGES 1024u
#define ORDER 10u                /* of an extent of so many */
#define LARGE_AREA 0x40000000u
#define OTHER_AREA 0x40400000u
#define WINDOW 0x40800000u       /* pages of 4 KiB */
#define ALL (PTE_P | PTE_W | PTE_A | PTE_D)
#define RESERVED_BIT 0x2000u     /* with PSE-36 it would be bit 32 of the address */
#define FAULT_OF_RESERVED_BIT 9u /* present, reserved */

static uint32_t base;            /* the first of 1024 frames of ours, one behind the other */
static volatile pte_t *window;

static void assist(uint32_t type, bool enable) {
    check_equal(hypercall_vm_assist(enable ? VMASST_CMD_enable : VMASST_CMD_disable, type), 0);
}

static void map(uint32_t area, pte_t entry) {
    tables_set(tables_slot(area), 0);
    tables_flush();
    tables_set(tables_slot(area), entry);
}

static pte_t large(pte_t rights) {
    return base << 12 | PTE_P | PTE_PS | rights;
}

static volatile uint32_t *page_at(uint32_t n) {
    return (volatile uint32_t *)(LARGE_AREA + n * GUEST_PAGE_SIZE);
}

/* Write to every page of the 4 MiB; how long it took. */
static uint32_t write_all(uint32_t seed) {
    uint64_t start = clock_tsc();

    for (uint32_t n = 0; n < PAGES; n++)
        *page_at(n) = n ^ seed;
    return (uint32_t)(clock_tsc() - start);
}

/* What the pages hold, seen through pages of 4 KiB. */
static void check_written(uint32_t seed) {
    uint32_t wrong = 0;

    for (uint32_t n = 0; n < PAGES; n += 31) {
        *window = (base + n) << 12 | ALL;
        tables_flush_page(WINDOW);
        wrong += *(volatile uint32_t *)WINDOW != (n ^ seed);
    }
    check_equal(wrong, 0);
}

static void check_time(void) {
    uint32_t whole, pieces;

    check_group("in one piece, and in pieces");
    map(LARGE_AREA, large(PTE_W));
    whole = write_all(0x1000);
    check_equal(*tables_slot(LARGE_AREA), large(PTE_W | PTE_A | PTE_D));
    check_written(0x1000);
    assist(PENUMBRA_VMASST_TYPE_shadow_superpages, false);
    map(LARGE_AREA, large(PTE_W));
    pieces = write_all(0x2000);
    check_written(0x2000);
    assist(PENUMBRA_VMASST_TYPE_shadow_superpages, true);
    print("1024 pages of 4 MiB written first: %u instructions as a superpage, %u in pieces\n", whole, pieces);
    check(whole * 4 < pieces);
}

static void check_rights(void) {
    uint32_t value;

    check_group("rights");
    map(LARGE_AREA, large(0));
    check(probe_read(LARGE_AREA, &value) && !probe_write(LARGE_AREA, value));
    check_equal(*tables_slot(LARGE_AREA), large(PTE_A));
    map(LARGE_AREA, large(PTE_W));
    check(probe_read(LARGE_AREA, &value));
    check_equal(*tables_slot(LARGE_AREA), large(PTE_W | PTE_A)); /* not dirty yet */
    check(probe_write(LARGE_AREA + 0x3000, value));
    check_equal(*tables_slot(LARGE_AREA), large(PTE_W | PTE_A | PTE_D));
    map(LARGE_AREA, large(PTE_W | RESERVED_BIT));
    check(!probe_read(LARGE_AREA, &value));
    check_equal(probe_error_code(), FAULT_OF_RESERVED_BIT);
}

/* A page in the middle becomes a table, and is written through the large page. */
static void check_table_inside(void) {
    volatile uint32_t *first = (volatile uint32_t *)OTHER_AREA;

    map(LARGE_AREA, large(PTE_W));
    (void)write_all(0x3000);
    *page_at(5) = (base + 9) << 12 | ALL;
    map(OTHER_AREA, (base + 5) << 12 | PTE_P | PTE_W);
    check_equal(*first, 9 ^ 0x3000);
    *page_at(5) = (base + 10) << 12 | ALL;
    tables_flush_page(OTHER_AREA);
    check_equal(*first, 10 ^ 0x3000);
    *page_at(10) = 77;
    check_equal(*first, 77);
    *first = 78;
    check_equal(*page_at(10), 78);
    for (uint32_t n = 0; n < PAGES; n++)
        page_at(5)[n] = (base + n) << 12 | ALL;
    tables_flush();
    check_equal(*(volatile uint32_t *)(OTHER_AREA + 700 * GUEST_PAGE_SIZE), 700 ^ 0x3000);
    map(OTHER_AREA, 0);
    *page_at(5) = 5 ^ 0x3000; /* memory like any other again */
    *page_at(10) = 10 ^ 0x3000;
    check_written(0x3000);
    map(LARGE_AREA, 0);
}

static void check_policies(void) {
    static const uint32_t policies[] = { PENUMBRA_VMASST_TYPE_shadow_oos, PENUMBRA_VMASST_TYPE_shadow_brute };

    check_group("a table inside");
    check_table_inside();
    for (uint32_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++) {
        assist(policies[i], true);
        check_table_inside();
        assist(policies[i], false);
    }
    check_table_inside();
}

static long reserve(uint32_t command, unsigned long *extent, uint32_t order) {
    struct xen_memory_reservation request = { .nr_extents = 1, .extent_order = order, .domid = DOMID_SELF };

    set_xen_guest_handle(request.extent_start, extent);
    return hypercall_memory_op(command, &request);
}

/* All of it is given back, and comes back in one piece: to the domain with access to hardware only. */
static void check_extent(void) {
    unsigned long extent = base;
    uint32_t pfn = boot_pfn_of(base), value;

    check_group("an extent of 4 MiB");
    if ((start_info->flags & SIF_PRIVILEGED) == 0) {
        check_equal(reserve(XENMEM_populate_physmap, &extent, ORDER), 0);
        check_equal(reserve(XENMEM_increase_reservation, &extent, ORDER), 0);
        return;
    }
    map(LARGE_AREA, large(PTE_W));
    (void)write_all(0x5000);
    check_equal(reserve(XENMEM_populate_physmap, &extent, ORDER), 0); /* beyond the maximum reservation */
    check_equal(reserve(XENMEM_decrease_reservation, &extent, ORDER), 1);
    check(!probe_read(LARGE_AREA, &value));
    extent = pfn;
    check_equal(reserve(XENMEM_populate_physmap, &extent, ORDER + 1), 0);
    check_equal(reserve(XENMEM_populate_physmap, &extent, ORDER), 1);
    check_equal(extent % PAGES, 0);
    base = extent;
    for (uint32_t n = 0; n < PAGES; n += 97)
        check_equal(((const volatile uint32_t *)MACH2PHYS_VIRT_START_NONPAE)[base + n], pfn + n);
    map(LARGE_AREA, large(PTE_W));
    check(probe_read(LARGE_AREA + 5 * GUEST_PAGE_SIZE, &value) && value == 0); /* what was in it is gone */
    check(write_all(0x6000) < PAGES * 250); /* in pieces each costs a fault */
    check_written(0x6000);
    check_equal(reserve(XENMEM_decrease_reservation, &extent, ORDER), 1);
    check_equal(reserve(XENMEM_increase_reservation, &extent, ORDER), 1);
    base = extent;
    check_equal(((const volatile uint32_t *)MACH2PHYS_VIRT_START_NONPAE)[base], ~0u);
}

/* One of the frames is given back: its page is gone, and the others are what they were. */
static void check_frame_gone(void) {
    unsigned long mfn = base + 7;
    uint32_t value;

    check_group("a frame leaves");
    map(LARGE_AREA, large(PTE_W));
    (void)write_all(0x4000);
    check_equal(reserve(XENMEM_decrease_reservation, &mfn, 0), 1);
    check(!probe_read(LARGE_AREA + 7 * GUEST_PAGE_SIZE, &value));
    check(probe_read(LARGE_AREA + 8 * GUEST_PAGE_SIZE, &value) && value == (8 ^ 0x4000));
    check(probe_write(LARGE_AREA + 6 * GUEST_PAGE_SIZE, 1));
    map(LARGE_AREA, 0);
}

_Noreturn void guest_main(void) {
    traps_install();
    probe_start();
    base = frames_find_large();
    if (base == 0)
        check_stop("no 4 MiB of memory in one piece");
    window = tables_install(WINDOW);
    check_time();
    check_rights();
    check_policies();
    check_extent();
    check_frame_gone();
    check_finish();
}
