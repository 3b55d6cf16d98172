/*
 * mmu_mode.c - which paging mode the domain is in, and going to another one while everything runs (see mmu.h).
 *
 * Shadow mode wants page tables that are mapped writable, the other modes want them read-only and every directory
 * pinned. Tables are prepared and restored with mmu_update, which works in all modes, also on tables that are mapped
 * read-only.
 */
#include <stddef.h>

#include "guests/lib/boot.h"
#include "guests/lib/console.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/outcome.h"
#include "guests/mini/flush.h"
#include "guests/mini/kernel_map.h"
#include "guests/mini/mm.h"
#include "guests/mini/mmu.h"
#include "guests/mini/system_calls.h"

_Static_assert(MODE_shadow == PENUMBRA_MODE_shadow && MODE_writable == PENUMBRA_MODE_writable &&
               MODE_direct == PENUMBRA_MODE_direct && MODE_trusted == PENUMBRA_MODE_trusted,
               "the hypervisor's numbers are the programs' numbers");

static const struct {
    const char *name;
    const struct mmu *mmu;
} modes[MODES] = {
    [MODE_shadow] = { "shadow", &mmu_plain },
    [MODE_writable] = { "writable", &mmu_writable },
    [MODE_direct] = { "direct", &mmu_direct },
    [MODE_trusted] = { "trusted", &mmu_plain },
    [MODE_emulated] = { "emulated", &mmu_writable },
};

uint32_t mmu_mode_at_boot(void) {
    struct xen_feature_info argument = { .submap_idx = PENUMBRA_FEATURES_MODE };
    uint32_t mode;

    if (hypercall_xen_version(XENVER_get_features, &argument) == 0 && argument.submap != 0)
        mode = argument.submap;
    else
        mode = boot_feature(XENFEAT_writable_page_tables) ? MODE_shadow : MODE_direct;
    if (mode > MODE_trusted) {
        print("error: the hypervisor reports paging mode %u, which this kernel does not know\n", mode);
        finish(PENUMBRA_OUTCOME_error);
    }
    return mode;
}

/* Does the hypervisor see plain stores to page tables? Not with shadow mode's policy announce. */
static bool stores_are_seen(void) {
    struct xen_feature_info argument = { .submap_idx = 0 };

    return hypercall_xen_version(XENVER_get_features, &argument) == 0 &&
           (argument.submap & 1u << XENFEAT_writable_page_tables) != 0;
}

const struct mmu *mmu_for_mode(uint32_t mode) {
    return mode == MODE_shadow && !stores_are_seen() ? &mmu_announced : modes[mode].mmu;
}

const char *mmu_mode_name(uint32_t mode) {
    return modes[mode].name;
}

/* --- all page tables --- */

typedef void visit_frame(uint32_t pfn);

static void each_directory(visit_frame *visit) {
    visit(kernel_directory);
    for (const struct mm *mm = mm_first(); mm != NULL; mm = mm->next)
        visit(mm->directory);
}

static void each_l1_table(const pte_t *directory, uint32_t first, uint32_t end, visit_frame *visit) {
    for (uint32_t i = first; i < end; i++) {
        if (names_table(directory[i]))
            visit(machine->entry_frame(directory[i]));
    }
}

static void each_table(visit_frame *visit) {
    each_directory(visit);
    each_l1_table(frame_pointer(kernel_directory), KERNEL_L2_FIRST, HYPERVISOR_L2_FIRST, visit);
    for (const struct mm *mm = mm_first(); mm != NULL; mm = mm->next)
        each_l1_table(mm->pgd, 0, KERNEL_L2_FIRST, visit);
}

static void map_writable(uint32_t pfn) {
    mmu_queue(kernel_map_entry(frame_pointer(pfn)), machine->make_entry(pfn, PTE_KERNEL));
}

static void map_read_only(uint32_t pfn) {
    mmu_queue(kernel_map_entry(frame_pointer(pfn)), machine->make_entry(pfn, PTE_KERNEL & ~PTE_W));
}

static void map_tables(visit_frame *how) {
    each_table(how);
    mmu_send_queued();
    flush_tlb_all();
}

/* --- changing the mode --- */

static int32_t assist(bool enable, uint32_t type) {
    return (int32_t)hypercall_vm_assist(enable ? VMASST_CMD_enable : VMASST_CMD_disable, type);
}

/* Choose among the modes without shadows; takes effect when there are none. */
static int32_t choose_typed(uint32_t mode) {
    int32_t result = 0;

    if (mode != MODE_direct)
        result = assist(mode == MODE_emulated, PENUMBRA_VMASST_TYPE_writable_emulate);
    if (result != 0)
        return result;
    return assist(mode != MODE_direct, VMASST_TYPE_writable_pagetables);
}

static int32_t leave_shadow(uint32_t mode) {
    int32_t result = choose_typed(mode);

    if (result != 0)
        return result;
    map_tables(map_read_only);
    result = assist(false, PENUMBRA_VMASST_TYPE_shadow_pagetables);
    if (result != 0) {
        map_tables(map_writable);
        return result;
    }
    each_directory(mmu_pin_directory);
    return 0;
}

/* Without its pin a directory that is not loaded is memory already; the loaded one becomes so when types go. */
static int32_t enter_shadow(void) {
    int32_t result;

    each_directory(mmu_unpin_directory);
    result = assist(true, PENUMBRA_VMASST_TYPE_shadow_pagetables);
    if (result != 0) {
        each_directory(mmu_pin_directory);
        return result;
    }
    map_tables(map_writable);
    return 0;
}

int32_t mmu_mode_change(uint32_t from, uint32_t to) {
    if (from == to)
        return 0;
    if (from == MODE_trusted || to == MODE_trusted || to == MODE_native || boot_is_translated() || kernel_is_global ||
        kernel_large_pages != 0)
        return -ERROR_no_mode;
    if (from == MODE_shadow)
        return leave_shadow(to);
    if (to == MODE_shadow)
        return enter_shadow();
    return choose_typed(to);
}
