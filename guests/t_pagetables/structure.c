/*
 * structure.c - tables that map themselves, are mapped twice, move, are shared, are recycled; large pages; base
 * pointers (see main.c). The first two and large pages are of shadow mode.
 */
#include <stddef.h>

#include "guests/lib/check.h"
#include "guests/lib/console.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/mode.h"
#include "guests/lib/probe.h"
#include "guests/lib/string.h"
#include "guests/t_pagetables/t_pagetables.h"

#define SELF_AREA 0x7fc00000u
#define SECOND_AREA 0x60000000u
#define THIRD_AREA 0x64000000u

#define RW (PTE_P | PTE_W | PTE_A | PTE_D)

static pte_t l2_entry(const pte_t *table) {
    return tables_make(page_frame(table), PTE_P | PTE_W | PTE_A);
}

/* The directory in one of its own slots: all L1 tables appear as pages, the directory itself as the last. */
static void check_self_map(void) {
    volatile pte_t *tables = (volatile pte_t *)SELF_AREA;
    volatile pte_t *entry = &tables[AREA / GUEST_PAGE_SIZE + 1];
    volatile pte_t *directory = (volatile pte_t *)(SELF_AREA + SELF_AREA / L2_SPAN * GUEST_PAGE_SIZE);
    volatile pte_t *slot = &directory[SECOND_AREA / L2_SPAN];
    pte_t *second = page_take();

    check_group("self-map");
    *(volatile pte_t *)tables_slot(SELF_AREA) = tables_make(page_frame(tables_directory()), PTE_P | PTE_W | PTE_A);
    area_table[1] = entry_of(1, RW);
    check_equal(*entry, area_table[1]);
    *entry = entry_of(2, RW);
    check_equal(area_table[1], entry_of(2, RW));
    tables_flush();
    check_translation(AREA + GUEST_PAGE_SIZE, entry_of(2, RW));

    second[0] = entry_of(3, RW);
    *slot = l2_entry(second);                   /* a directory entry through the directory's own mapping */
    check_equal(*tables_slot(SECOND_AREA), l2_entry(second));
    check_translation(SECOND_AREA, entry_of(3, RW));
    *slot = 0;
    *entry = 0;
    *(volatile pte_t *)tables_slot(SELF_AREA) = 0;
    tables_flush();
    check_translation(SECOND_AREA, 0);
    check_translation(AREA + GUEST_PAGE_SIZE, 0);
}

/* The table's frame also as a data page: writes through that mapping are writes to the table. */
static void check_alias(void) {
    uint32_t alias = AREA + 30 * GUEST_PAGE_SIZE;
    volatile pte_t *seen = (volatile pte_t *)alias;

    check_group("a table mapped as data");
    area_table[30] = tables_make(page_frame(area_table), RW);
    check_equal(seen[30], area_table[30]);
    seen[31] = entry_of(4, RW);
    check_equal(area_table[31], entry_of(4, RW));
    check_translation(AREA + 31 * GUEST_PAGE_SIZE, entry_of(4, RW));
    seen[31] = entry_of(5, PTE_P | PTE_A);
    tables_flush();
    check_translation(AREA + 31 * GUEST_PAGE_SIZE, entry_of(5, PTE_P | PTE_A));
    seen[31] = 0;
    area_table[30] = 0;
    tables_flush();
    check_translation(AREA + 31 * GUEST_PAGE_SIZE, 0);
}

static void check_shared_and_moved(void) {
    pte_t *table = page_take();

    check_group("shared and moved tables");
    table[0] = entry_of(6, RW);
    tables_close(table);
    tables_set(tables_slot(SECOND_AREA), l2_entry(table));
    tables_set(tables_slot(THIRD_AREA), l2_entry(table));
    check_translation(SECOND_AREA, entry_of(6, RW));
    check_translation(THIRD_AREA, entry_of(6, RW));
    tables_set(&table[0], entry_of(7, RW));
    tables_flush();
    check_translation(SECOND_AREA, entry_of(7, RW));
    check_translation(THIRD_AREA, entry_of(7, RW));
    tables_set(tables_slot(SECOND_AREA), 0);
    tables_flush();
    check_translation(SECOND_AREA, 0);
    check_translation(THIRD_AREA, entry_of(7, RW));
    tables_set(tables_slot(SECOND_AREA), l2_entry(area_table));
    tables_set(&area_table[0], entry_of(8, RW));
    tables_flush();
    check_translation(SECOND_AREA, entry_of(8, RW));
    tables_set(tables_slot(SECOND_AREA), 0);
    tables_set(tables_slot(THIRD_AREA), 0);
    tables_flush();
    tables_open(table);
}

/*
 * A frame is table, data, and table again; what was written to it as data must not have been lost, nor act as entries.
 */
static void check_recycling(void) {
    pte_t *table = page_take();
    uint32_t wrong = 0;

    check_group("recycled tables");
    for (uint32_t round = 0; round < 4; round++) {
        memset(table, 0, GUEST_PAGE_SIZE);
        for (uint32_t i = 0; i < FRAMES; i++)
            table[i] = entry_of((i + round) % FRAMES, RW);
        tables_close(table);
        tables_set(tables_slot(SECOND_AREA), l2_entry(table));
        for (uint32_t i = 0; i < FRAMES; i++)
            check_translation(SECOND_AREA + i * GUEST_PAGE_SIZE, entry_of((i + round) % FRAMES, RW));
        tables_set(tables_slot(SECOND_AREA), 0);
        tables_flush();
        check_translation(SECOND_AREA, 0);
        tables_open(table);
        for (uint32_t i = 0; i < 1024; i++)
            *(volatile uint32_t *)&table[i] = i * 0x01010101u + round;
        for (uint32_t i = 0; i < 1024; i++)
            wrong += *(volatile uint32_t *)&table[i] != i * 0x01010101u + round;
    }
    check_equal(wrong, 0);
}

/* A 4 MiB piece of machine memory of which some frames are ours, and some not if there is one like that. */
static uint32_t find_large_page(void) {
    uint32_t best = boot_mfn_of(page_frame(pages[9])) & ~1023u;
    long end = hypercall_memory_op(XENMEM_maximum_ram_page, NULL);

    for (uint32_t base = 0; base + 1024 <= (uint32_t)end; base += 1024) {
        uint32_t count = 0;

        for (uint32_t i = 0; i < 1024; i++)
            count += boot_owns(base + i);
        if (count > 0 && count < 1024)
            best = base;
    }
    return best;
}

/*
 * A 4 MiB entry names whatever frames lie there in machine memory: ours can be reached and are what they are, others
 * cannot.
 */
static void check_large_page(void) {
    uint32_t base = find_large_page();
    uint32_t first_ours = 1024, value, small, ours = 0;
    volatile pte_t *slot = tables_slot(SECOND_AREA);

    check_group("4 MiB page");
    tables_set(tables_slot(SECOND_AREA), base << 12 | PTE_P | PTE_W | PTE_PS);
    for (uint32_t i = 0; i < 1024; i += 7) {
        bool got = probe_read(SECOND_AREA + i * GUEST_PAGE_SIZE, &value);

        check_equal(got, boot_owns(base + i));
        if (!got)
            continue;
        ours++;
        first_ours = first_ours == 1024 ? i : first_ours;
        tables_set(&area_table[3], (base + i) << 12 | PTE_P | PTE_A);
        tables_flush_page(AREA + 3 * GUEST_PAGE_SIZE);
        check(probe_read(AREA + 3 * GUEST_PAGE_SIZE, &small) && small == value);
    }
    print("4 MiB page at frame %x: %u of our pages reached\n", base, ours);
    if (check(ours > 0)) {
        uint32_t linear = SECOND_AREA + first_ours * GUEST_PAGE_SIZE;

        check_equal(*slot & (PTE_A | PTE_D), PTE_A);
        check(probe_read(linear, &value) && probe_write(linear, value));
        check_equal(*slot & (PTE_A | PTE_D), PTE_A | PTE_D);
    }
    tables_set(tables_slot(SECOND_AREA), 0);
    tables_set(&area_table[3], 0);
    tables_flush();
    check(!probe_read(SECOND_AREA, &value));
}

static void check_base_pointers(void) {
    pte_t *other = page_take();
    pte_t *table = page_take();

    check_group("base pointers");
    memcpy(other, tables_directory(), GUEST_PAGE_SIZE);
    table[0] = entry_of(10, RW);
    tables_close(table);
    other[AREA / L2_SPAN] = l2_entry(table);
    tables_close(other);
    tables_set(&area_table[0], entry_of(11, RW));
    for (uint32_t round = 0; round < 3; round++) {
        tables_flush();
        check_translation(AREA, entry_of(11, RW));
        check_equal(tables_load(other), 0);
        check_translation(AREA, entry_of(10, RW));
        tables_set(&table[1], entry_of(12, RW));
        check_translation(AREA + GUEST_PAGE_SIZE, entry_of(12, RW));
        tables_set(&area_table[2], entry_of(13, PTE_P));     /* a table of the directory that is not loaded */
        tables_set(&table[1], 0);
        check_equal(tables_load(tables_directory()), 0);
        check_translation(AREA, entry_of(11, RW));
        check_translation(AREA + 2 * GUEST_PAGE_SIZE, entry_of(13, PTE_P));
        tables_set(&area_table[2], 0);
    }
    tables_set(&area_table[0], 0);
    tables_flush();
}

void check_structure(void) {
    if (mode == PENUMBRA_MODE_shadow) {
        check_self_map();
        check_alias();
        check_large_page();
    }
    check_shared_and_moved();
    check_recycling();
    check_base_pointers();
}
