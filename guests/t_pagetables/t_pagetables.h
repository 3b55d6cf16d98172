/* t_pagetables.h - what the groups of checks share (see main.c). */
#ifndef T_PAGETABLES_H
#define T_PAGETABLES_H

#include <stdbool.h>
#include <stdint.h>

#include "guests/lib/tables.h"

/* The area whose L1 table is played with, and the data frames that its entries name. */
#define AREA 0x40000000u
#define FRAMES 16u

extern pte_t *area_table;
/* Frame i holds word_of(i) at its beginning; pages[i] is the kernel's view of it. */
extern uint32_t *pages[FRAMES];
uint32_t word_of(uint32_t i);
pte_t entry_of(uint32_t i, pte_t flags);

/* The mode that the guest runs in: PENUMBRA_MODE_*. */
extern uint32_t mode;

/*
 * What the guest's own entry (with the rights of a plain L2 entry above it) promises for linear must be what an access
 * finds.
 */
void check_translation(uint32_t linear, pte_t entry);

void check_instructions(void);
void check_strings(void);
void check_marks(void);
void check_structure(void);
void check_hypercalls(void);
void check_foreign(void);

#endif
