/*
 * mmu_tables.c - frames that become page tables and memory again, where the hypervisor gives every frame a type (see
 * mmu.h).
 *
 * There a frame is either a page table or mapped writable somewhere, never both, so the kernel's map loses its write
 * permission first and gets it back last. Each change forgets the page's translation: a stale writable one would let
 * the kernel past the hypervisor, a stale read-only one would fault. A directory is pinned from its adoption on, so its
 * tables are tables whether it is loaded or not.
 */
#include <stddef.h>

#include "guests/lib/boot.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/outcome.h"
#include "guests/mini/mmu.h"

static void map_in_kernel(uint32_t pfn, pte_t flags) {
    mmu_update_mapping((uint32_t)(uintptr_t)frame_pointer(pfn), machine->make_entry(pfn, flags),
                       UVMF_INVLPG | UVMF_LOCAL);
}

static void extended(uint32_t command, uint32_t pfn) {
    struct mmuext_op operation = { .cmd = command, .arg1.mfn = boot_mfn_of(pfn) };
    long result = hypercall_mmuext_op(&operation, 1, NULL, DOMID_SELF);

    if (result != 0)
        panic("mmuext operation %u on frame %x (pfn %x): %d", command, boot_mfn_of(pfn), pfn, (int)result);
}

void mmu_protect_table(uint32_t pfn) {
    map_in_kernel(pfn, PTE_KERNEL & ~PTE_W);
}

void mmu_link_table(pte_t *entry, uint32_t pfn) {
    mmu_protect_table(pfn);
    mmu_update_now(entry, machine->make_entry(pfn, PTE_TABLE));
}

uint32_t mmu_unlink_table(pte_t *entry) {
    uint32_t pfn = machine->entry_frame(*entry);

    mmu_update_now(entry, 0);
    return pfn;
}

void mmu_retire_table(uint32_t pfn) {
    map_in_kernel(pfn, PTE_KERNEL);
}

void mmu_pin_directory(uint32_t pfn) {
    extended(MMUEXT_PIN_L2_TABLE, pfn);
}

void mmu_unpin_directory(uint32_t pfn) {
    extended(MMUEXT_UNPIN_TABLE, pfn);
}

void mmu_adopt_directory(uint32_t pfn) {
    mmu_protect_table(pfn);
    mmu_pin_directory(pfn);
}

void mmu_retire_directory(uint32_t pfn) {
    mmu_unpin_directory(pfn);
    mmu_retire_table(pfn);
}
