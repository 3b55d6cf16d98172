/*
 * tables.h - the builder's page tables and unused memory, for guests that play with them.
 *
 * Rules: the boot tables must be loaded, and they must be writable (XENFEAT_writable_page_tables). Entries are written
 * with plain stores. Callers: bench, t_*. (The mini kernel has page tables of its own.)
 */
#ifndef GUESTS_LIB_TABLES_H
#define GUESTS_LIB_TABLES_H

#include <stdint.h>

#include "guests/lib/boot.h"

typedef uint32_t pte_t;

#define PTE_P 0x001u
#define PTE_W 0x002u
#define PTE_U 0x004u
#define PTE_A 0x020u
#define PTE_D 0x040u
#define PTE_PS 0x080u

#define L2_SPAN 0x400000u

/* The boot page directory. */
pte_t *tables_directory(void);
/* The L1 entry for linear; NULL when there is no table. */
pte_t *tables_entry(uint32_t linear);
/* Give the empty L2 slot of linear a zeroed L1 table; returns it. */
pte_t *tables_install(uint32_t linear);

/* An entry for a frame of ours. */
pte_t tables_make(uint32_t pfn, pte_t flags);

/* A zeroed page out of those below the kernel image; mapped, never given back. Panics when the 255 are used up. */
void *page_take(void);
/* pfn of a page that lies in the kernel's map. */
uint32_t page_frame(const volatile void *page);
/* A frame that the boot tables do not map (from the end of memory down). Panics when there is none. */
uint32_t frame_take(void);

/* INVLPG_LOCAL for one page, and TLB_FLUSH_LOCAL; panics when refused. */
void tables_flush_page(uint32_t linear);
void tables_flush(void);
/* NEW_BASEPTR; returns the hypervisor's answer. */
long tables_load(const pte_t *directory);

#endif
