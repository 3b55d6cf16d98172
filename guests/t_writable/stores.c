/* stores.c - what is stored while a table is disconnected (see main.c). */
#include <xen/errno.h>

#include "guests/lib/check.h"
#include "guests/lib/string.h"
#include "guests/t_writable/t_writable.h"

/* Filled and cleared with string instructions, all at once: one fault, one check. */
static void check_strings(void) {
    static pte_t wanted[1024];
    const void *from = wanted;
    void *to = table_a;
    uint32_t count = 1024;

    check_group("whole tables");
    for (uint32_t i = 0; i < 1024; i++)
        wanted[i] = entry_of(i % PAGES, PTE_P | PTE_A | PTE_D | (i % 2 ? PTE_W : 0));
    __asm__ volatile("rep movsl" : "+S"(from), "+D"(to), "+c"(count) : : "memory");
    check(!connected(AREA_A));
    check_equal(memcmp(wanted, table_a, sizeof(wanted)), 0);
    for (uint32_t i = 0; i < 1024; i += 31)
        check(shows(AREA_A + i * GUEST_PAGE_SIZE, i % PAGES));
    to = table_a;
    count = 1024;
    __asm__ volatile("rep stosl" : "+D"(to), "+c"(count) : "a"(0) : "memory");
    tables_flush();
    check(!shows(AREA_A, 0) && !shows(AREA_A + 1023 * GUEST_PAGE_SIZE, 1023 % PAGES));
}

/* Until the table is connected anything may stand there: only what is left then is looked at. */
static void check_intermediate(void) {
    check_group("what is overwritten in time");
    store(&table_a[9], 0xfffff000 | PTE_P | PTE_W);
    store(&table_a[9], tables_make(page_frame(tables_directory()), PTE_P | PTE_W));
    store(&table_a[9], entry_of(3, PTE_P));
    check(shows(AREA_A + 9 * GUEST_PAGE_SIZE, 3));
    store(&table_a[9], 0xfffff000 | PTE_W);          /* not present: the guest's own affair */
    tables_flush();
    check_equal(table_a[9], 0xfffff000 | PTE_W);
    store(&table_a[9], 0);
    tables_flush();
}

/* A stored entry holds what one written by hypercall holds. */
static void check_references(void) {
    pte_t *page = page_take();

    check_group("references");
    page_protect(page, false);
    store(&table_a[10], tables_make(page_frame(page), PTE_P | PTE_W));
    check_errno(tables_pin(page, 1), XEN_EINVAL);
    store(&table_a[10], tables_make(page_frame(page), PTE_P));
    check_equal(tables_pin(page, 1), 0);
    store(&table_a[11], tables_make(page_frame(page), PTE_P | PTE_A));
    check_equal(tables_unpin(page), 0);
    store(&table_a[10], 0);
    store(&table_a[11], tables_make(page_frame(page), PTE_P | PTE_W));
    check_errno(tables_pin(page, 2), XEN_EINVAL);
    store(&table_a[11], 0);
    check_equal(tables_pin(page, 2), 0);
    check_equal(tables_unpin(page), 0);
    page_protect(page, true);
}

void check_stores(void) {
    check_strings();
    check_intermediate();
    check_references();
}
