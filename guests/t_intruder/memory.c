/* memory.c - frames that are not ours; see attacks.h. */
#include <stddef.h>

#include "guests/lib/boot.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/probe.h"
#include "guests/lib/random.h"
#include "guests/lib/tables.h"
#include "guests/t_intruder/attacks.h"

#define MARK 0xdeadbeefu

/* The machine-to-physical table is the same for all: a frame is ours if our own list says so too. */
static bool is_ours(uint32_t mfn) {
    uint32_t pfn = ((const uint32_t *)MACH2PHYS_VIRT_START_NONPAE)[mfn];

    return pfn < start_info->nr_pages && boot_mfn_of(pfn) == mfn;
}

/* Map each frame of the machine that is not ours, and write to it. */
void attack_map_everything(void) {
    uint32_t linear = pointer_word(page_take()), frames = attack_frames();

    for (uint32_t mfn = 0; mfn < frames; mfn++) {
        if (is_ours(mfn))
            continue;
        hypercall_update_va_mapping(linear, mfn << 12 | PTE_P | PTE_W | PTE_A | PTE_D, UVMF_INVLPG);
        if (*tables_entry(linear) >> 12 == mfn && mfn << 12 != (uint32_t)start_info->shared_info &&
            probe_write(linear, MARK))
            attack_succeeded("wrote to a frame that is not its own", mfn);
    }
}

static long extended(uint32_t command, uint32_t first, uint32_t second) {
    struct mmuext_op operation = { .cmd = command, .arg1.mfn = first, .arg2.src_mfn = second };

    return hypercall_mmuext_op(&operation, 1, NULL, DOMID_SELF);
}

static void expect_refusal(long result, const char *what, uint32_t mfn) {
    if (result >= 0)
        attack_succeeded(what, mfn);
}

static void name(uint32_t mfn, uint32_t own) {
    unsigned long frame = mfn;
    struct mmu_update request = { (uint64_t)mfn << 12 | MMU_MACHPHYS_UPDATE, 0 };
    struct xen_memory_reservation back = { .nr_extents = 1, .domid = DOMID_SELF };

    set_xen_guest_handle(back.extent_start, &frame);
    expect_refusal(extended(MMUEXT_PIN_L1_TABLE, mfn, 0), "pinned as L1 what is not its own", mfn);
    expect_refusal(extended(MMUEXT_PIN_L2_TABLE, mfn, 0), "pinned as L2 what is not its own", mfn);
    expect_refusal(extended(MMUEXT_UNPIN_TABLE, mfn, 0), "unpinned what is not its own", mfn);
    expect_refusal(extended(MMUEXT_NEW_BASEPTR, mfn, 0), "runs on what is not its own", mfn);
    expect_refusal(extended(MMUEXT_CLEAR_PAGE, mfn, 0), "cleared what is not its own", mfn);
    expect_refusal(extended(MMUEXT_COPY_PAGE, mfn, own), "copied over what is not its own", mfn);
    expect_refusal(extended(MMUEXT_COPY_PAGE, own, mfn), "copied what is not its own", mfn);
    expect_refusal(hypercall_set_gdt(&frame, 1), "a GDT in what is not its own", mfn);
    expect_refusal(hypercall_update_descriptor((uint64_t)mfn << 12, 0), "a descriptor in what is not its own", mfn);
    expect_refusal(hypercall_mmu_update(&request, 1, NULL, DOMID_SELF), "renumbered what is not its own", mfn);
    request.ptr = (uint64_t)mfn << 12;
    expect_refusal(hypercall_mmu_update(&request, 1, NULL, DOMID_SELF), "wrote an entry into what is not its own", mfn);
    if (hypercall_memory_op(XENMEM_decrease_reservation, &back) > 0)
        attack_succeeded("gave back what is not its own", mfn);
}

/* Each call that takes a frame, with every ninth frame of the machine that is not ours. */
void attack_name_everything(void) {
    uint32_t own = boot_mfn_of(page_frame(page_take())), frames = attack_frames();

    for (uint32_t mfn = random_any() % 9; mfn < frames; mfn += 9)
        if (!is_ours(mfn))
            name(mfn, own);
    name(frames, own);
    name(0xfffff, own);
}

/* As much as it can get, and everything that it has pinned as tables. */
void attack_exhaust_memory(void) {
    unsigned long frame;
    struct xen_memory_reservation more = { .nr_extents = 1, .domid = DOMID_SELF };

    set_xen_guest_handle(more.extent_start, &frame);
    for (uint32_t i = 0; i < 100; i++)
        if (hypercall_memory_op(XENMEM_increase_reservation, &more) > 0)
            attack_succeeded("got more than its limit", i);
    for (uint32_t i = 0; i < 200; i++) {
        pte_t *table = page_take();

        tables_close(table);
        tables_pin(table, 1 + random_any() % 2);
    }
    for (uint32_t pfn = start_info->nr_pages - 1; pfn > start_info->nr_pages / 2; pfn--) {
        frame = boot_mfn_of(pfn);
        hypercall_memory_op(XENMEM_decrease_reservation, &more);
        more.nr_extents = 1;
        hypercall_memory_op(random_any() % 2 ? XENMEM_increase_reservation : XENMEM_populate_physmap, &more);
    }
}
