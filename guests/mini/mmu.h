/*
 * mmu.h - how page tables are written: what the paging modes share (machine.h has struct mmu itself).
 *
 *   mode                  L1 entries                   L2 entries      tables in the kernel's map    file
 *   shadow                plain stores                 plain stores    writable                      mmu_plain.c
 *   shadow, announced     mmu_update, in batches       mmu_update      writable                      mmu_updates.c
 *   writable, emulated    plain stores that trap       mmu_update      read-only                     mmu_writable.c
 *   direct                mmu_update, in batches       mmu_update      read-only                     mmu_updates.c
 *   trusted               plain stores                 plain stores    writable                      mmu_plain.c
 *   (the bare machine)    plain stores                 plain stores    writable                      mmu_plain.c
 *
 * mmu_tables.c makes frames page tables where the hypervisor gives every frame a type; mmu_mode.c chooses among the
 * modes and changes them. A request that the hypervisor refuses is a fault of this kernel and ends the guest, but for a
 * change of mode. Callers: machine_pv.c, guests/native/machine.c and each other.
 */
#ifndef MINI_MMU_H
#define MINI_MMU_H

#include "guests/mini/machine.h"

extern const struct mmu mmu_plain, mmu_announced, mmu_writable, mmu_direct;

/* For modes that hold nothing back and ask for nothing. */
void mmu_nothing(void);

/* --- mmu_plain.c: struct mmu's functions for entries that are written with plain stores --- */
void mmu_store_entry(pte_t *entry, pte_t value);
pte_t mmu_take_entry(pte_t *entry);
pte_t mmu_clear_bits(pte_t *entry, pte_t bits);
void mmu_store_mapping(uint32_t linear, pte_t *entry, pte_t value);

/* --- mmu_updates.c: the queue of mmu_update requests; serves in every mode --- */

/* Queue the write of an entry, of a page table or of memory. */
void mmu_queue(pte_t *entry, pte_t value);
/* Send what is queued, in order. */
void mmu_send_queued(void);
/* Write one entry at once, after what is queued. */
void mmu_update_now(pte_t *entry, pte_t value);
/* Write the entry that maps linear in the loaded address space; flags: UVMF_*. */
void mmu_update_mapping(uint32_t linear, pte_t value, uint32_t flags);

/* --- mmu_tables.c: struct mmu's functions of the same names, for modes in which frames have types --- */
void mmu_protect_table(uint32_t pfn);
void mmu_link_table(pte_t *entry, uint32_t pfn);
uint32_t mmu_unlink_table(pte_t *entry);
void mmu_retire_table(uint32_t pfn);
void mmu_adopt_directory(uint32_t pfn);
void mmu_retire_directory(uint32_t pfn);
/* Let the hypervisor keep frame pfn a page directory although nothing names it; and no longer. */
void mmu_pin_directory(uint32_t pfn);
void mmu_unpin_directory(uint32_t pfn);

/* --- mmu_mode.c --- */

/* Ask the hypervisor for the mode that the domain was started in, MODE_*. An unknown one ends the guest, with error. */
uint32_t mmu_mode_at_boot(void);
/* The primitives for a mode. */
const struct mmu *mmu_for_mode(uint32_t mode);
const char *mmu_mode_name(uint32_t mode);
/*
 * Let the hypervisor go from mode to another one, with all page tables prepared as that one needs them. 0 or a negative
 * number of Xen's error list; then mode still holds.
 */
int32_t mmu_mode_change(uint32_t from, uint32_t to);

#endif
