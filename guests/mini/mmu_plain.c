/*
 * mmu_plain.c - page tables that are memory like any other and written with plain stores: shadow and trusted mode, and
 * the bare machine (see mmu.h).
 */
#include "guests/mini/machine.h"
#include "guests/mini/mmu.h"

void mmu_store_entry(pte_t *entry, pte_t value) {
    *(volatile pte_t *)entry = value;
}

pte_t mmu_take_entry(pte_t *entry) {
    return __atomic_exchange_n(entry, 0, __ATOMIC_SEQ_CST);
}

pte_t mmu_clear_bits(pte_t *entry, pte_t bits) {
    pte_t old = *(volatile pte_t *)entry;

    __asm__ volatile("lock andl %1, %0" : "+m"(*entry) : "r"(~bits) : "cc", "memory");
    return old;
}

void mmu_store_mapping(uint32_t linear, pte_t *entry, pte_t value) {
    (void)linear;
    mmu_store_entry(entry, value);
}

void mmu_nothing(void) {
}

static void no_frame_duty(uint32_t pfn) {
    (void)pfn;
}

static void link_table(pte_t *entry, uint32_t pfn) {
    mmu_store_entry(entry, machine->make_entry(pfn, PTE_TABLE));
}

static uint32_t unlink_table(pte_t *entry) {
    return machine->entry_frame(mmu_take_entry(entry));
}

const struct mmu mmu_plain = {
    .name = "written with plain stores",
    .table_flags = PTE_KERNEL,
    .write_entry = mmu_store_entry,
    .take_entry = mmu_take_entry,
    .clear_bits = mmu_clear_bits,
    .write_loaded = mmu_store_mapping,
    .write_kernel = mmu_store_mapping,
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
