/*
 * mmu_stores.c - page tables written with plain stores: shadow and trusted mode, where they are memory like any other,
 * and writable mode, where the stores trap (see mmu.h).
 *
 * In writable mode only L1 tables may be written so. The kernel's own map is written by hypercall: an L1 table that
 * maps the kernel, itself included, is no good table to be disconnected while it is written.
 */
#include "guests/lib/hypercall.h"
#include "guests/mini/machine.h"
#include "guests/mini/mmu.h"

static void write_entry(pte_t *entry, pte_t value) {
    *(volatile pte_t *)entry = value;
}

static pte_t take_entry(pte_t *entry) {
    return __atomic_exchange_n(entry, 0, __ATOMIC_SEQ_CST);
}

static pte_t clear_bits(pte_t *entry, pte_t bits) {
    pte_t old = *(volatile pte_t *)entry;

    __asm__ volatile("lock andl %1, %0" : "+m"(*entry) : "r"(~bits) : "cc", "memory");
    return old;
}

static void write_mapping(uint32_t linear, pte_t *entry, pte_t value) {
    (void)linear;
    write_entry(entry, value);
}

void mmu_nothing(void) {
}

static void no_frame_duty(uint32_t pfn) {
    (void)pfn;
}

static void link_table(pte_t *entry, uint32_t pfn) {
    write_entry(entry, machine->make_entry(pfn, PTE_TABLE));
}

static uint32_t unlink_table(pte_t *entry) {
    return machine->entry_frame(take_entry(entry));
}

const struct mmu mmu_plain = {
    .name = "written with plain stores",
    .table_flags = PTE_KERNEL,
    .write_entry = write_entry,
    .take_entry = take_entry,
    .clear_bits = clear_bits,
    .write_loaded = write_mapping,
    .write_kernel = write_mapping,
    .begin_batch = mmu_nothing,
    .end_batch = mmu_nothing,
    .settle = mmu_nothing,
    .protect_table = no_frame_duty,
    .link_table = link_table,
    .unlink_table = unlink_table,
    .retire_table = no_frame_duty,
    .adopt_directory = no_frame_duty,
    .retire_directory = no_frame_duty,
};

static void write_kernel(uint32_t linear, pte_t *entry, pte_t value) {
    (void)entry;
    mmu_update_mapping(linear, value, UVMF_NONE);
}

const struct mmu mmu_writable = {
    .name = "written with plain stores that the hypervisor catches",
    .table_flags = PTE_KERNEL & ~PTE_W,
    .write_entry = write_entry,
    .take_entry = take_entry,
    .clear_bits = clear_bits,
    .write_loaded = write_mapping,
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
