/*
 * mmu_updates.c - page tables written by hypercall: direct mode's primitives, shadow mode's where nothing else is seen,
 * and the queue behind them (see mmu.h).
 *
 * Within a batch requests wait for each other; outside, each is sent at once, so that an entry can be read back. What
 * take_entry and clear_bits return is exact although the entry is read first and written later: the processor sets
 * marks for the program, which does not run meanwhile, and for the kernel, which touches no user memory between the
 * two, and there is one processor.
 */
#include <stddef.h>

#include "guests/lib/boot.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/outcome.h"
#include "guests/mini/mmu.h"
#include "guests/mini/update_queue.h"

static void send(struct mmu_update *requests, uint32_t count) {
    uint32_t done = 0;
    long result = hypercall_mmu_update(requests, count, &done, DOMID_SELF);

    if (result != 0 || done != count)
        panic("mmu_update: %d after %u of %u requests; the next: %x at machine address %x", (int)result, done, count,
              (uint32_t)requests[done < count ? done : 0].val, (uint32_t)requests[done < count ? done : 0].ptr);
}

static struct update_queue queue = { .send = send };
static bool in_batch;

static uint64_t machine_address(const pte_t *entry) {
    uint32_t linear = (uint32_t)(uintptr_t)entry;

    return (uint64_t)boot_mfn_of(pointer_frame(entry)) << PAGE_SHIFT | (linear & (PAGE_SIZE - 1));
}

void mmu_queue(pte_t *entry, pte_t value) {
    update_queue_add(&queue, machine_address(entry) | MMU_NORMAL_PT_UPDATE, value);
}

void mmu_send_queued(void) {
    update_queue_send(&queue);
}

void mmu_update_now(pte_t *entry, pte_t value) {
    mmu_queue(entry, value);
    mmu_send_queued();
}

void mmu_update_mapping(uint32_t linear, pte_t value, uint32_t flags) {
    long result;

    mmu_send_queued();
    result = hypercall_update_va_mapping(linear, value, flags);
    if (result != 0)
        panic("update_va_mapping of %x to %x: %d", linear, value, (int)result);
}

/* --- direct mode --- */

static void write_entry(pte_t *entry, pte_t value) {
    mmu_queue(entry, value);
    if (!in_batch)
        mmu_send_queued();
}

static pte_t take_entry(pte_t *entry) {
    pte_t old = *(volatile pte_t *)entry;

    write_entry(entry, 0);
    return old;
}

static pte_t clear_bits(pte_t *entry, pte_t bits) {
    pte_t old = *(volatile pte_t *)entry;

    write_entry(entry, old & ~bits);
    return old;
}

static void write_mapping(uint32_t linear, pte_t *entry, pte_t value) {
    (void)entry;
    mmu_update_mapping(linear, value, UVMF_NONE);
}

static void begin_batch(void) {
    in_batch = true;
}

static void end_batch(void) {
    in_batch = false;
    mmu_send_queued();
}

const struct mmu mmu_direct = {
    .name = "written by mmu_update",
    .table_flags = PTE_KERNEL & ~PTE_W,
    .write_entry = write_entry,
    .take_entry = take_entry,
    .clear_bits = clear_bits,
    .write_loaded = write_mapping,
    .write_kernel = write_mapping,
    .begin_batch = begin_batch,
    .end_batch = end_batch,
    .settle = mmu_send_queued,
    .protect_table = mmu_protect_table,
    .link_table = mmu_link_table,
    .unlink_table = mmu_unlink_table,
    .retire_table = mmu_retire_table,
    .adopt_directory = mmu_adopt_directory,
    .retire_directory = mmu_retire_directory,
};

/* --- shadow mode with the policy announce: the same requests tell the hypervisor what has changed --- */

static void no_frame_duty(uint32_t pfn) {
    (void)pfn;
}

static void link_table(pte_t *entry, uint32_t pfn) {
    mmu_update_now(entry, machine->make_entry(pfn, PTE_TABLE));
}

const struct mmu mmu_announced = {
    .name = "written by mmu_update, which announces it",
    .table_flags = PTE_KERNEL,
    .write_entry = write_entry,
    .take_entry = take_entry,
    .clear_bits = clear_bits,
    .write_loaded = write_mapping,
    .write_kernel = write_mapping,
    .begin_batch = begin_batch,
    .end_batch = end_batch,
    .settle = mmu_send_queued,
    .protect_table = no_frame_duty,
    .link_table = link_table,
    .unlink_table = mmu_unlink_table,
    .retire_table = no_frame_duty,
    .adopt_directory = mmu_pin_directory,
    .retire_directory = mmu_unpin_directory,
};
