/*
 * strings.c - string instructions over live entries, forwards, backwards and across the end of the table's page (see
 * main.c).
 */
#include "guests/lib/check.h"
#include "guests/lib/string.h"
#include "guests/t_pagetables/t_pagetables.h"

#define COUNT 8u

static void check_slots(uint32_t first, uint32_t count) {
    tables_flush();
    for (uint32_t i = 0; i < count; i++)
        check_translation(AREA + (first + i) * GUEST_PAGE_SIZE, area_table[first + i]);
}

static void fill_live(uint32_t first, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        *(volatile pte_t *)&area_table[first + i] = entry_of(i % FRAMES, PTE_P | PTE_W | PTE_A | PTE_D);
}

static void check_stos(void) {
    void *to = area_table;
    uint32_t count = COUNT;

    check_group("stos");
    fill_live(0, 2 * COUNT);
    check_slots(0, 2 * COUNT);
    __asm__ volatile("rep stosl" : "+D"(to), "+c"(count) : "a"(entry_of(5, PTE_P)) : "memory");
    check(to == &area_table[COUNT] && count == 0);
    for (uint32_t i = 0; i < COUNT; i++)
        check_equal(area_table[i] & ~PTE_A, entry_of(5, PTE_P));
    check_slots(0, 2 * COUNT);

    to = &area_table[COUNT];
    __asm__ volatile("stosl" : "+D"(to) : "a"(0) : "memory");
    check(to == &area_table[COUNT + 1] && area_table[COUNT] == 0);
    to = &area_table[3];
    count = 4;
    __asm__ volatile("std\n\trep stosl\n\tcld" : "+D"(to), "+c"(count) : "a"(entry_of(7, PTE_P | PTE_W)) : "memory");
    check(to == area_table - 1 && count == 0);
    check_slots(0, 2 * COUNT);
    to = area_table;
    count = COUNT * 4;
    __asm__ volatile("rep stosb" : "+D"(to), "+c"(count) : "a"(0) : "memory");
    check(to == &area_table[COUNT] && count == 0);
    check_slots(0, 2 * COUNT);
}

static void check_movs(void) {
    pte_t source[COUNT];
    const void *from = source;
    void *to = area_table;
    uint32_t count = COUNT;

    check_group("movs");
    fill_live(0, COUNT);
    check_slots(0, COUNT);
    for (uint32_t i = 0; i < COUNT; i++)
        source[i] = entry_of(COUNT + i, i % 2 == 0 ? PTE_P | PTE_W | PTE_A : PTE_P);
    __asm__ volatile("rep movsl" : "+S"(from), "+D"(to), "+c"(count) : : "memory");
    check(from == source + COUNT && to == area_table + COUNT && count == 0);
    check_equal(memcmp(source, area_table, sizeof(source)), 0);
    check_slots(0, COUNT);

    from = area_table;                           /* from live entries to live entries */
    to = &area_table[COUNT];
    count = COUNT;
    __asm__ volatile("rep movsl" : "+S"(from), "+D"(to), "+c"(count) : : "memory");
    check_equal(memcmp(area_table, area_table + COUNT, sizeof(source)), 0);
    check_slots(0, 2 * COUNT);

    from = area_table;                           /* and out of them into ordinary memory */
    to = source;
    __asm__ volatile("movsl\n\tmovsw\n\tmovsb" : "+S"(from), "+D"(to) : : "memory");
    check_equal(memcmp(area_table, source, 7), 0);
}

/* The whole table at once: cleared, and filled again from a copy, as a kernel recycles a table. */
static void check_whole(void) {
    static pte_t copy[1024];
    const void *from = copy;
    void *to = area_table;
    uint32_t count = 1024;

    check_group("a whole table");
    fill_live(0, 1024);
    check_slots(0, 2 * COUNT);
    memcpy(copy, area_table, sizeof(copy));
    __asm__ volatile("rep stosl" : "+D"(to), "+c"(count) : "a"(0) : "memory");
    check(to == area_table + 1024 && count == 0);
    check_slots(0, 2 * COUNT);
    to = area_table;
    count = 1024;
    __asm__ volatile("rep movsl" : "+S"(from), "+D"(to), "+c"(count) : : "memory");
    check(to == area_table + 1024 && from == copy + 1024 && count == 0);
    check_slots(0, 2 * COUNT);
    check_slots(1016, COUNT);
    memset(area_table, 0, sizeof(copy));
    tables_flush();
}

/* From the last entries of the table on into the page behind it, which is ordinary memory. */
static void check_across(void) {
    static uint8_t block[2 * GUEST_PAGE_SIZE] __attribute__((aligned(4096)));
    pte_t *table = (pte_t *)block;
    uint32_t area = AREA + 2 * L2_SPAN;
    void *to = table + 1022;
    uint32_t count = 4;

    check_group("across the end of a table");
    tables_close(table);
    tables_set(tables_slot(area), tables_make(page_frame(table), PTE_P | PTE_W | PTE_A));
    table[1022] = entry_of(1, PTE_P | PTE_W | PTE_A);
    check_translation(area + 1022 * GUEST_PAGE_SIZE, table[1022]);
    __asm__ volatile("rep stosl" : "+D"(to), "+c"(count) : "a"(entry_of(2, PTE_P)) : "memory");
    check(to == table + 1026 && count == 0);
    tables_flush();
    check_translation(area + 1022 * GUEST_PAGE_SIZE, entry_of(2, PTE_P));
    check_translation(area + 1023 * GUEST_PAGE_SIZE, entry_of(2, PTE_P));
    check_equal(table[1024], entry_of(2, PTE_P));
    check_equal(table[1025], entry_of(2, PTE_P));
    /*
     * One store that is half in the table: the upper bytes of its last entry are ordinary zeros, so it becomes not
     * present.
     */
    *(volatile uint32_t *)(block + GUEST_PAGE_SIZE - 4) = 0;
    __asm__ volatile("movl %1, %0" : "=m"(*(uint32_t *)(block + GUEST_PAGE_SIZE - 2)) : "r"(0x12340000u) : "memory");
    check_equal(table[1023], 0);
    check_equal(table[1024] & 0xffff, 0x1234);
    tables_flush();
    check_translation(area + 1023 * GUEST_PAGE_SIZE, 0);
    tables_set(tables_slot(area), 0);
    tables_flush();
    tables_open(table);
}

void check_strings(void) {
    check_stos();
    check_movs();
    check_whole();
    check_across();
}
