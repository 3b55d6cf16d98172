/* t_types.h - what the groups of checks share (see main.c). */
#ifndef T_TYPES_H
#define T_TYPES_H

#include <stdint.h>

#include "guests/lib/tables.h"

#define AREA 0x40000000u         /* area_table is its table */
#define OTHER_AREA 0x44000000u   /* has none */
#define SELF_AREA 0x48000000u    /* has none */

#define PTE_FORBIDDEN 0x198u     /* PWT, PCD, PAT or PS, G */

extern pte_t *area_table;
extern uint32_t *data;           /* a page that is mapped writable in the kernel's map */

pte_t entry_for(const void *page, pte_t flags);
/* A zeroed page that may become a table, and one with the boot directory's entries. */
pte_t *closed_page(void);
pte_t *directory_page(void);

void check_entries(void);
void check_roles(void);
void check_linear(void);
void check_requests(void);

#endif
