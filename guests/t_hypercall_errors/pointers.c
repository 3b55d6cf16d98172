/* pointers.c - see pointers.h. */
#include "guests/t_hypercall_errors/pointers.h"

#include "guests/lib/tables.h"

#define AREA 0x50000000u

void *const bad_pointers[BAD_POINTERS] = { (void *)0x1000, (void *)0xfc000000, (void *)0xfe000000, (void *)0xfffffffc };

void pointers_start(void) {
    pte_t *table = tables_install(AREA);

    tables_set(&table[0], tables_make(page_frame(page_take()), PTE_P | PTE_W | PTE_A | PTE_D));
}

void *pointer_across(uint32_t bytes) {
    return (void *)(AREA + GUEST_PAGE_SIZE - bytes);
}
