/* marks.c - the accessed and dirty bits that the processor would set (see main.c). */
#include "guests/lib/check.h"
#include "guests/lib/mode.h"
#include "guests/lib/probe.h"
#include "guests/t_pagetables/t_pagetables.h"

#define SLOT 20u
#define LINEAR (AREA + SLOT * GUEST_PAGE_SIZE)

static volatile pte_t *entry(void) {
    return &area_table[SLOT];
}

/* As a kernel does where stores work, so that no mark of another processor is lost. */
static void clear_mark(pte_t mark) {
    if (mode == PENUMBRA_MODE_direct)
        tables_set(entry(), *entry() & ~mark);
    else
        __asm__ volatile("lock andl %1, %0" : "+m"(*entry()) : "r"(~mark) : "cc", "memory");
}

static uint32_t marks(void) {
    return *entry() & (PTE_A | PTE_D);
}

static void check_l1(void) {
    uint32_t value;

    check_group("accessed and dirty");
    tables_set(entry(), entry_of(0, PTE_P | PTE_W));
    check_equal(marks(), 0);
    check(probe_read(LINEAR, &value));
    check_equal(marks(), PTE_A);
    check(probe_write(LINEAR + 4, 1));
    check_equal(marks(), PTE_A | PTE_D);

    /* Taken away and flushed, they come again. */
    clear_mark(PTE_D);
    tables_flush_page(LINEAR);
    check(probe_read(LINEAR, &value));
    check_equal(marks(), PTE_A);
    check(probe_write(LINEAR + 4, 2));
    check_equal(marks(), PTE_A | PTE_D);
    clear_mark(PTE_A);
    tables_flush_page(LINEAR);
    check(probe_read(LINEAR, &value));
    check((marks() & PTE_A) != 0);

    /* A write that is not allowed makes nothing dirty. */
    tables_set(entry(), entry_of(0, PTE_P));
    tables_flush_page(LINEAR);
    check(!probe_write(LINEAR + 4, 3));
    check_equal(marks() & PTE_D, 0);
    check_equal(probe_error_code(), 3);

    /* Two entries for one frame have marks of their own. */
    tables_set(entry(), entry_of(0, PTE_P | PTE_W));
    tables_set(&area_table[SLOT + 1], entry_of(0, PTE_P | PTE_W));
    tables_flush();
    check(probe_write(LINEAR + 4, 4));
    check(probe_read(LINEAR + GUEST_PAGE_SIZE, &value));
    check_equal(area_table[SLOT + 1] & (PTE_A | PTE_D), PTE_A);
    tables_set(entry(), 0);
    tables_set(&area_table[SLOT + 1], 0);
    tables_flush();
}

static void check_l2(void) {
    volatile pte_t *slot = &tables_directory()[AREA / L2_SPAN];
    uint32_t value;

    tables_set(entry(), entry_of(1, PTE_P | PTE_W));
    tables_set(slot, *slot & ~PTE_A);
    tables_flush();
    check(probe_read(LINEAR, &value));
    check((*slot & PTE_A) != 0);
    check_equal(value, word_of(1));

    /* The weaker of the two levels counts. */
    tables_set(slot, *slot & ~PTE_W);
    tables_flush();
    check(probe_read(LINEAR, &value));
    check(!probe_write(LINEAR + 4, 5));
    check_equal(probe_error_code(), 3);
    tables_set(slot, *slot | PTE_W);
    tables_flush();
    check(probe_write(LINEAR + 4, 6));
    tables_set(entry(), 0);
    tables_flush();
}

void check_marks(void) {
    check_l1();
    check_l2();
}
