/*
 * mmu_writable.c - page tables written with plain stores that trap: writable mode (see mmu.h).
 *
 * Only L1 tables may be written so. The kernel's own map is written by hypercall: an L1 table that maps the kernel,
 * itself included, is no good table to be disconnected while it is written.
 */
#include "guests/lib/hypercall.h"
#include "guests/mini/machine.h"
#include "guests/mini/mmu.h"

static void write_kernel(uint32_t linear, pte_t *entry, pte_t value) {
    (void)entry;
    mmu_update_mapping(linear, value, UVMF_NONE);
}

const struct mmu mmu_writable = {
    .name = "written with plain stores that the hypervisor catches",
    .table_flags = PTE_KERNEL & ~PTE_W,
    .write_entry = mmu_store_entry,
    .take_entry = mmu_take_entry,
    .clear_bits = mmu_clear_bits,
    .write_loaded = mmu_store_mapping,
    .write_kernel = write_kernel,
    .begin_batch = mmu_nothing,
    .end_batch = mmu_nothing,
    .settle = mmu_nothing,
    .protect_table = mmu_protect_table,
    .link_table = mmu_link_table,
    .unlink_table = mmu_unlink_table,
    .retire_table = mmu_retire_table,
    .adopt_directory = mmu_adopt_directory,
    .retire_directory = mmu_retire_directory,
};
