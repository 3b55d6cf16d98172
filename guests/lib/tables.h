/*
 * tables.h - the builder's page tables and unused memory, for guests that play with them.
 *
 * Rules: the boot tables must be loaded. What is here works in every paging mode: in shadow mode tables are plain
 * memory and written with stores; in the others a page is made read-only before it becomes a table, and entries are
 * written by mmu_update. Whatever writes entries of a table that is in use goes through tables_set, unless it is the
 * store that is to be tested. Callers: bench, t_*. (The mini kernel has page tables of its own.)
 */
#ifndef GUESTS_LIB_TABLES_H
#define GUESTS_LIB_TABLES_H

#include <stdbool.h>
#include <stdint.h>

#include "guests/lib/boot.h"

typedef uint32_t pte_t;

#define PTE_P 0x001u
#define PTE_W 0x002u
#define PTE_U 0x004u
#define PTE_A 0x020u
#define PTE_D 0x040u
#define PTE_PS 0x080u
#define PTE_G 0x100u

#define L2_SPAN 0x400000u
#define TABLES_GUEST_SLOTS 1008u /* of a directory; the rest is the hypervisor's */

/* The boot page directory. */
pte_t *tables_directory(void);
/* The L1 entry for linear; NULL when there is no table. */
pte_t *tables_entry(uint32_t linear);
/* The L2 entry for linear. */
pte_t *tables_slot(uint32_t linear);
/* Give the empty L2 slot of linear a zeroed L1 table; returns it. */
pte_t *tables_install(uint32_t linear);

/* Write an entry of a table, or of a page that is to become one. Panics when the hypervisor refuses it. */
void tables_set(volatile pte_t *entry, pte_t value);
/* The same by mmu_update in every mode; returns the hypervisor's answer. */
long tables_update(const volatile pte_t *entry, pte_t value);
/* Machine address of an entry, for requests of mmu_update. */
uint64_t tables_machine_address(const volatile pte_t *entry);

/* page is to become a table: read-only in the kernel's map where the mode wants that. And ordinary memory again. */
void tables_close(void *page);
void tables_open(void *page);
/* PIN_L1_TABLE, PIN_L2_TABLE, UNPIN_TABLE; the hypervisor's answer. */
long tables_pin(const volatile void *page, uint32_t level);
long tables_unpin(const volatile void *page);

/* An entry for a frame of ours. */
pte_t tables_make(uint32_t pfn, pte_t flags);

/* A zeroed page out of those below the kernel image; mapped, never given back. Panics when the 255 are used up. */
void *page_take(void);
/* pfn of a page that lies in the kernel's map. */
uint32_t page_frame(const volatile void *page);
/* Make a page read-only or writable in the kernel's map, whatever it is. Panics when the hypervisor refuses it. */
void page_protect(const volatile void *page, bool writable);
/* A frame that the boot tables do not map (from the end of memory down). Panics when there is none. */
uint32_t frame_take(void);
/*
 * The first of 1024 frames of ours (by the number that page tables know) that lie one behind the other from a multiple of
 * 1024 on, are not in use, and that frame_take has not given. 0: there are none. It may give them later.
 */
uint32_t frames_find_large(void);

/* INVLPG_LOCAL for one page, and TLB_FLUSH_LOCAL; panics when refused. */
void tables_flush_page(uint32_t linear);
void tables_flush(void);
/* NEW_BASEPTR; returns the hypervisor's answer. */
long tables_load(const pte_t *directory);

#endif
