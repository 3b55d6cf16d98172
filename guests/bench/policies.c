/*
 * policies.c - what shadow mode's policies and switches cost, and finding the mappings of a frame
 * (xen/public/penumbra.h).
 *
 * Each measurement has a region of its own, whose table has a shadow before it begins. Source of the names:
 * docs/guests.md.
 */
#include <stdbool.h>

#include "guests/bench/bench.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/outcome.h"
#include "guests/lib/tables.h"

#define ENTRIES 1024u
#define SCATTERED 64u
#define MOST_MAPPINGS 1000u
#define AREA 0x60000000u
#define ALL (PTE_P | PTE_W | PTE_A | PTE_D)

static void assist(uint32_t type, bool enable) {
    if (hypercall_vm_assist(enable ? VMASST_CMD_enable : VMASST_CMD_disable, type) != 0)
        panic("the hypervisor refused vm_assist type %x", type);
}

static void touch(uint32_t linear) {
    *(volatile uint32_t *)linear = 1;
}

static void write_entry(pte_t *entry, pte_t value) {
    *(volatile pte_t *)entry = value;
}

/* The next region of 4 MiB. Its table is filled with so many entries; *linear is where it begins. */
static pte_t *take_region(uint32_t present, uint32_t *linear) {
    static uint32_t next = AREA;
    pte_t *table = page_take();

    *linear = next;
    next += L2_SPAN;
    for (uint32_t i = 0; i < present; i++)
        table[i] = tables_make(frame_take(), ALL);
    write_entry(tables_slot(*linear), tables_make(page_frame(table), PTE_P | PTE_W | PTE_A));
    return table;
}

/* Plain stores that make entries present in a table that is live, each carried out by itself. */
static void measure_emulated(void) {
    static pte_t entries[REPEAT + 1];
    uint32_t linear;
    pte_t *table = take_region(1, &linear);

    for (uint32_t i = 1; i <= REPEAT; i++)
        entries[i] = tables_make(frame_take(), ALL);
    assist(PENUMBRA_VMASST_TYPE_shadow_oos, false);
    assist(PENUMBRA_VMASST_TYPE_shadow_flood, false);
    touch(linear);
    begin("pte_write");
    for (uint32_t i = 1; i <= REPEAT; i++)
        write_entry(&table[i], entries[i]);
    end("pte_write", REPEAT);
    assist(PENUMBRA_VMASST_TYPE_shadow_flood, true);
}

/* One store to each of many tables. */
static void measure_scattered(void) {
    static pte_t *tables[SCATTERED];
    pte_t entry = tables_make(frame_take(), ALL);

    for (uint32_t i = 0; i < SCATTERED; i++) {
        uint32_t linear;

        tables[i] = take_region(1, &linear);
        touch(linear);
    }
    begin("scattered");
    for (uint32_t i = 0; i < SCATTERED; i++)
        write_entry(&tables[i][1], entry);
    end("scattered", SCATTERED);
}

/*
 * A run of stores over a whole table, and the flush at which it is compared: entries that come, and entries that have
 * been used and lose their write permission.
 */
static void measure_out_of_sync(void) {
    static pte_t entries[ENTRIES];
    uint32_t linear;
    pte_t *table = take_region(1, &linear);

    for (uint32_t i = 0; i < ENTRIES; i++)
        entries[i] = tables_make(frame_take(), ALL);
    touch(linear);
    begin("oos_write");
    for (uint32_t i = 0; i < ENTRIES; i++)
        write_entry(&table[i], entries[i]);
    tables_flush();
    end("oos_write", ENTRIES);
    for (uint32_t i = 0; i < ENTRIES; i++)
        touch(linear + i * GUEST_PAGE_SIZE);
    begin("oos_protect");
    for (uint32_t i = 0; i < ENTRIES; i++)
        write_entry(&table[i], entries[i] & ~PTE_W);
    tables_flush();
    end("oos_protect", ENTRIES);
}

/* First touches of pages, in order; a fault brings its neighbours along. */
static void measure_prefetch(void) {
    uint32_t linear;

    take_region(ENTRIES, &linear);
    assist(PENUMBRA_VMASST_TYPE_shadow_prefetch, true);
    touch(linear);
    begin("prefetch_fill");
    for (uint32_t i = 1; i < ENTRIES; i++)
        touch(linear + i * GUEST_PAGE_SIZE);
    end("prefetch_fill", ENTRIES - 1);
    assist(PENUMBRA_VMASST_TYPE_shadow_prefetch, false);
}

/* The first use of a page as a table, when it is mapped writable so many times: all of them are found and changed. */
static void measure_protect(const char *name, uint32_t mappings) {
    uint32_t linear, pfn = frame_take();
    pte_t *table = take_region(0, &linear), entry = tables_make(frame_take(), ALL);

    for (uint32_t i = 0; i < mappings; i++)
        table[i] = tables_make(pfn, ALL);
    for (uint32_t i = 0; i < mappings; i++)
        *(volatile pte_t *)(linear + i * GUEST_PAGE_SIZE) = entry; /* what will be its first entry */
    write_entry(tables_slot(linear + L2_SPAN), tables_make(pfn, PTE_P | PTE_W | PTE_A));
    begin(name);
    (void)*(volatile uint32_t *)(linear + L2_SPAN);
    end(name, 1);
    write_entry(tables_slot(linear + L2_SPAN), 0); /* where the next region begins */
    tables_flush();
}

/* First writes to the pages of 4 MiB, which are one page of the guest and lie in one piece. */
static void measure_superpage(void) {
    uint32_t linear, first = frames_find_large();

    if (first == 0)
        panic("no 4 MiB of memory in one piece");
    take_region(0, &linear);
    write_entry(tables_slot(linear), first << 12 | ALL | PTE_PS);
    begin("superpage_fill");
    for (uint32_t i = 0; i < ENTRIES; i++)
        touch(linear + i * GUEST_PAGE_SIZE);
    end("superpage_fill", ENTRIES);
    write_entry(tables_slot(linear), 0);
    tables_flush();
}

void measure_policies(void) {
    measure_emulated();
    assist(PENUMBRA_VMASST_TYPE_shadow_oos, true);
    measure_scattered();
    measure_out_of_sync();
    assist(PENUMBRA_VMASST_TYPE_shadow_oos, false);
    measure_prefetch();
    measure_superpage();
    measure_protect("protect_1", 1);
    measure_protect("protect_10", 10);
    measure_protect("protect_100", 100);
    measure_protect("protect_1000", MOST_MAPPINGS);
}
