/* updates.c - the same changes through mmu_update and update_va_mapping (see main.c). */
#include <stddef.h>

#include <xen/errno.h>

#include "guests/lib/check.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/probe.h"
#include "guests/t_pagetables/t_pagetables.h"

#define RW (PTE_P | PTE_W | PTE_A | PTE_D)

static void check_mmu_update(void) {
    struct mmu_update requests[FRAMES];
    uint32_t done = 0, value;

    check_group("mmu_update");
    for (uint32_t i = 0; i < FRAMES; i++)
        requests[i] = (struct mmu_update){ tables_machine_address(&area_table[i]), entry_of(i, RW) };
    check_equal(hypercall_mmu_update(requests, FRAMES, &done, DOMID_SELF), 0);
    check_equal(done, FRAMES);
    tables_flush();
    for (uint32_t i = 0; i < FRAMES; i++)
        check_translation(AREA + i * GUEST_PAGE_SIZE, entry_of(i, RW));

    /* The processor's marks stay when asked for, and go when not. */
    requests[0].ptr = tables_machine_address(&area_table[0]) | MMU_PT_UPDATE_PRESERVE_AD;
    requests[0].val = entry_of(1, PTE_P | PTE_W);
    check_equal(hypercall_mmu_update(requests, 1, &done, DOMID_SELF), 0);
    check_equal(area_table[0], entry_of(1, RW));
    requests[0].ptr &= ~3ull;
    check_equal(hypercall_mmu_update(requests, 1, &done, DOMID_SELF), 0);
    check_equal(area_table[0], entry_of(1, PTE_P | PTE_W));
    tables_flush();
    check(probe_read(AREA, &value));
    check_equal(area_table[0], entry_of(1, PTE_P | PTE_W | PTE_A));

    /* A directory entry, away and back. */
    requests[0] = (struct mmu_update){ tables_machine_address(&tables_directory()[AREA / L2_SPAN]), 0 };
    requests[1] = (struct mmu_update){ requests[0].ptr, tables_directory()[AREA / L2_SPAN] };
    check_equal(hypercall_mmu_update(&requests[0], 1, &done, DOMID_SELF), 0);
    tables_flush();
    check(!probe_read(AREA, &value));
    check_equal(hypercall_mmu_update(&requests[1], 1, &done, DOMID_SELF), 0);
    check_translation(AREA + GUEST_PAGE_SIZE, entry_of(1, RW));
}

static void check_machphys(void) {
    const volatile uint32_t *m2p = (const volatile uint32_t *)MACH2PHYS_VIRT_START_NONPAE;
    uint32_t mfn = boot_mfn_of(page_frame(pages[3]));
    uint32_t own = m2p[mfn], done;
    struct mmu_update request = { (uint64_t)mfn << 12 | MMU_MACHPHYS_UPDATE, 0x1234 };

    check_group("machine-to-physical table");
    if (boot_is_translated()) {
        check_equal(hypercall_mmu_update(&request, 1, &done, DOMID_SELF), -XEN_EINVAL);
        return;
    }
    check_equal(own, page_frame(pages[3]));
    check_equal(hypercall_mmu_update(&request, 1, &done, DOMID_SELF), 0);
    check_equal(m2p[mfn], 0x1234);
    request.val = own;
    check_equal(hypercall_mmu_update(&request, 1, &done, DOMID_SELF), 0);
    check_equal(m2p[mfn], own);
    check(!probe_write(pointer_word(&m2p[mfn]), 0));
    check_equal(probe_error_code(), 3);
}

static void check_update_va_mapping(void) {
    unsigned long vcpus = 1;
    const uint32_t flags[] = {
        UVMF_TLB_FLUSH | UVMF_LOCAL, UVMF_TLB_FLUSH | UVMF_ALL, UVMF_TLB_FLUSH | pointer_word(&vcpus),
        UVMF_INVLPG | UVMF_LOCAL, UVMF_INVLPG | UVMF_ALL, UVMF_INVLPG | pointer_word(&vcpus),
    };
    uint32_t linear = AREA + 40 * GUEST_PAGE_SIZE;

    check_group("update_va_mapping");
    for (uint32_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        check_equal(hypercall_update_va_mapping(linear, entry_of(i, RW), flags[i]), 0);
        check_equal(area_table[40], entry_of(i, RW));
        check_translation(linear, entry_of(i, RW));
        check_equal(hypercall_update_va_mapping(linear, entry_of(i, PTE_P | PTE_A), flags[i]), 0);
        check_translation(linear, entry_of(i, PTE_P | PTE_A));
    }
    check_equal(hypercall_update_va_mapping(linear, 0, UVMF_NONE), 0);
    tables_flush_page(linear);
    check_translation(linear, 0);
}

static void check_pins(void) {
    pte_t *table = page_take();

    check_group("pin and unpin");
    tables_close(table);
    check_equal(tables_pin(table, 1), 0);
    tables_set(&table[0], entry_of(0, RW));      /* in shadow mode a pinned table can still be written by a store */
    check_equal(tables_unpin(table), 0);
    tables_open(table);
    table[0] = 0x12345678;
    check_equal(table[0], 0x12345678);
}

void check_hypercalls(void) {
    check_mmu_update();
    check_machphys();
    check_update_va_mapping();
    check_pins();
}
