/* t_writable.h - what the groups of checks share (see main.c). */
#ifndef T_WRITABLE_H
#define T_WRITABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "guests/lib/tables.h"

/* Areas of 4 MiB: table_a and table_b map the first two; the third has no table. */
#define AREA_A 0x40000000u
#define AREA_B 0x44000000u
#define AREA_C 0x48000000u
#define PAGES 8u

extern pte_t *table_a, *table_b;
/* Page i begins with word_of(i); it is mapped writable in the kernel's map. */
extern uint32_t *pages[PAGES];
uint32_t word_of(uint32_t i);
pte_t entry_of(uint32_t i, pte_t flags);

/* A plain store to a table. */
static inline void store(pte_t *entry, pte_t value) {
    *(volatile pte_t *)entry = value;
}

/* The first store to a table since the last flush is emulated; the second, of the same value, disconnects it. */
static inline void store_twice(pte_t *entry, pte_t value) {
    store(entry, value);
    store(entry, value);
}

/* Is the table of area connected, as the directory shows it? */
bool connected(uint32_t area);
/* The word at linear, which must be there, is that of page i. */
bool shows(uint32_t linear, uint32_t i);

void check_reasons(void);
void check_stores(void);
void check_structure(void);
void check_emulation(void);

#endif
