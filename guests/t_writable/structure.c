/* structure.c - where a table is mapped, and who uses it (see main.c). */
#include <stddef.h>

#include "guests/lib/check.h"
#include "guests/lib/probe.h"
#include "guests/lib/string.h"
#include "guests/t_writable/t_writable.h"

/* table_a as a page in the range of table_b. */
static void check_alias(void) {
    pte_t *alias = (pte_t *)(AREA_B + 20 * GUEST_PAGE_SIZE);

    check_group("through an alias");
    tables_set(&table_b[20], tables_make(page_frame(table_a), PTE_P));
    store_twice(&alias[1], entry_of(1, PTE_P));
    check(!connected(AREA_A) && connected(AREA_B));
    store(&table_a[2], entry_of(2, PTE_P));          /* the other mapping of the same table */
    store(&alias[3], entry_of(3, PTE_P));
    check(shows(AREA_A + GUEST_PAGE_SIZE, 1) && shows(AREA_A + 2 * GUEST_PAGE_SIZE, 2) &&
          shows(AREA_A + 3 * GUEST_PAGE_SIZE, 3));
    store(&table_b[21], entry_of(4, PTE_P));         /* the table that has the alias is next, and the alias is used */
    store(&alias[4], entry_of(5, PTE_P));
    check(shows(AREA_B + 21 * GUEST_PAGE_SIZE, 4) && shows(AREA_A + 4 * GUEST_PAGE_SIZE, 5));
    for (uint32_t i = 1; i < 5; i++)
        store(&alias[i], 0);
    store(&table_b[20], 0);
    store(&table_b[21], 0);
    tables_flush();
    check(!shows(AREA_A + GUEST_PAGE_SIZE, 1));
}

/* The table as a page of its own range: it cannot be disconnected when it is written there. */
static void check_self(void) {
    pte_t *self = (pte_t *)(AREA_A + 30 * GUEST_PAGE_SIZE);

    check_group("a table that maps itself");
    tables_set(&table_a[30], tables_make(page_frame(table_a), PTE_P));
    store(&self[31], entry_of(1, PTE_P));
    check(connected(AREA_A));
    check_equal(table_a[31] & ~PTE_A, entry_of(1, PTE_P));
    check(shows(AREA_A + 31 * GUEST_PAGE_SIZE, 1));
    store_twice(&table_a[31], entry_of(2, PTE_P));         /* through the kernel's map it can */
    check(!connected(AREA_A));
    store(&self[32], entry_of(3, PTE_P));
    tables_flush();
    check(shows(AREA_A + 31 * GUEST_PAGE_SIZE, 2) && shows(AREA_A + 32 * GUEST_PAGE_SIZE, 3));
    check(!probe_write((uint32_t)(uintptr_t)&self[31], 0x1000 | PTE_P));     /* refused: the guest's page fault */
    check(shows(AREA_A + 31 * GUEST_PAGE_SIZE, 2));
    for (uint32_t i = 30; i < 33; i++)
        store(&table_a[i], 0);
    tables_flush();
}

/* Two users: disconnecting from one would not be enough, so stores are emulated, until the last user has let it go. */
static void check_shared(void) {
    check_group("a table of two directory entries");
    tables_set(tables_slot(AREA_C), tables_make(page_frame(table_a), PTE_P | PTE_W));
    store(&table_a[1], entry_of(1, PTE_P));
    check(connected(AREA_A) && connected(AREA_C));
    check(shows(AREA_A + GUEST_PAGE_SIZE, 1) && shows(AREA_C + GUEST_PAGE_SIZE, 1));
    check(!probe_write((uint32_t)(uintptr_t)&table_a[1], 0xfffff000 | PTE_P));
    check_equal(probe_error_code(), 3);
    check(shows(AREA_C + GUEST_PAGE_SIZE, 1));
    store(&table_a[1], 0);
    tables_set(tables_slot(AREA_C), 0);
    tables_flush();
    check(!shows(AREA_A + GUEST_PAGE_SIZE, 1));
    tables_set(tables_slot(AREA_A), 0);
    tables_set(tables_slot(AREA_A), tables_make(page_frame(table_a), PTE_P | PTE_W));
    store_twice(&table_a[1], entry_of(2, PTE_P));
    check(!connected(AREA_A));
    check(shows(AREA_A + GUEST_PAGE_SIZE, 2));
    store(&table_a[1], 0);
    tables_flush();
}

/* Of another directory: the one that is not loaded. */
static void check_other_directory(void) {
    pte_t *directory = page_take(), *table = page_take();

    check_group("tables that are not in use");
    tables_close(table);
    check_equal(tables_pin(table, 1), 0);            /* no directory at all */
    store(&table[1], entry_of(1, PTE_P));
    store(&table[2], entry_of(2, PTE_P | PTE_W));
    memcpy(directory, tables_directory(), GUEST_PAGE_SIZE);
    directory[AREA_A / L2_SPAN] = 0;
    directory[AREA_B / L2_SPAN] = 0;
    directory[AREA_C / L2_SPAN] = tables_make(page_frame(table), PTE_P | PTE_W);
    tables_close(directory);
    check_equal(tables_pin(directory, 2), 0);
    store_twice(&table[1], entry_of(3, PTE_P));
    check(!(*(volatile pte_t *)&directory[AREA_C / L2_SPAN] & PTE_P));
    check_equal(tables_load(directory), 0);
    check(shows(AREA_C + GUEST_PAGE_SIZE, 3) && shows(AREA_C + 2 * GUEST_PAGE_SIZE, 2));
    store(&table_a[1], entry_of(4, PTE_P));          /* now this one is of a directory that is not loaded */
    check(!shows(AREA_A + GUEST_PAGE_SIZE, 4));
    check_equal(tables_load(tables_directory()), 0);
    check(shows(AREA_A + GUEST_PAGE_SIZE, 4));
    store(&table_a[1], 0);
    check_equal(tables_unpin(directory), 0);
    check_equal(tables_unpin(table), 0);
    tables_open(table);
    tables_open(directory);
    tables_flush();
}

/* A directory is not for stores. */
static void check_directory(void) {
    check_group("directories");
    check(!probe_write((uint32_t)(uintptr_t)tables_slot(AREA_C), 0));
    check_equal(probe_error_code(), 3);
}

void check_structure(void) {
    check_alias();
    check_self();
    check_shared();
    check_other_directory();
    check_directory();
}
