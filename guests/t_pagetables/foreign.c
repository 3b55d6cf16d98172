/*
 * foreign.c - entries that name frames which are not the guest's: whatever way they come into a table, no access may go
 * through (see main.c).
 */
#include <xen/errno.h>

#include "guests/lib/check.h"
#include "guests/lib/console.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/mode.h"
#include "guests/lib/probe.h"
#include "guests/t_pagetables/t_pagetables.h"

#define SLOT 50u
#define LINEAR (AREA + SLOT * GUEST_PAGE_SIZE)
#define TABLE_AREA 0x68000000u

static bool ours(uint32_t mfn) {
    for (uint32_t pfn = 0; pfn < start_info->nr_pages; pfn++) {
        if (boot_mfn_of(pfn) == mfn)
            return true;
    }
    return false;
}

/* Some frames of the hypervisor, one beyond memory, the last number there is. */
static uint32_t foreign_frame(uint32_t i) {
    static const uint32_t candidates[] = { 0, 1, 0x9f, 0x100, 0x101, 0x180, 0x200, 0x400, 0x40000, 0x80000,
                                           0xfee00, 0xfffff };

    return i < sizeof(candidates) / sizeof(candidates[0]) ? candidates[i] : 0xfffffffe;
}

static void check_reach(const char *way, uint32_t mfn) {
    uint32_t value = 0;
    bool read = probe_read(LINEAR, &value);

    if (!check(!read))
        print("  frame %x through %s: read %x\n", mfn, way, value);
    check(!probe_write(LINEAR, 0));
}

static void check_table(uint32_t mfn) {
    uint32_t value = 0;

    tables_flush();
    if (!check(!probe_read(TABLE_AREA, &value)))
        print("  frame %x as a table: read %x\n", mfn, value);
    check(!probe_write(TABLE_AREA + 5 * GUEST_PAGE_SIZE, 0));
}

/* By plain stores, in an entry and in a directory entry. */
static void check_stored(uint32_t mfn, pte_t entry) {
    *(volatile pte_t *)&area_table[SLOT] = entry;
    tables_flush_page(LINEAR);
    check_reach("a store", mfn);
    *(volatile pte_t *)&area_table[SLOT] = 0;
    *(volatile pte_t *)tables_slot(TABLE_AREA) = entry;
    check_table(mfn);
    *(volatile pte_t *)tables_slot(TABLE_AREA) = 0;
    tables_flush();
}

/* A hypercall that would write such an entry is refused; shadow mode may accept it, for it is worth nothing there. */
static void check_refused(long result) {
    if (mode != PENUMBRA_MODE_shadow)
        check_errno(result, XEN_EINVAL);
}

void check_foreign(void) {
    uint32_t mfn, tried = 0;

    check_group("frames of others");
    for (uint32_t i = 0; (mfn = foreign_frame(i)) != 0xfffffffe; i++) {
        pte_t entry = mfn << 12 | PTE_P | PTE_W | PTE_A | PTE_D;

        if (ours(mfn))
            continue;
        tried++;
        if (mode == PENUMBRA_MODE_shadow)
            check_stored(mfn, entry);
        check_refused(hypercall_update_va_mapping(LINEAR, entry, UVMF_INVLPG));
        check_reach("update_va_mapping", mfn);
        tables_set(&area_table[SLOT], 0);
        check_refused(tables_update(&area_table[SLOT], entry));
        check_reach("mmu_update", mfn);
        tables_set(&area_table[SLOT], 0);
        tables_flush_page(LINEAR);

        check_refused(tables_update(tables_slot(TABLE_AREA), entry));      /* and as a page table */
        check_table(mfn);
        tables_set(tables_slot(TABLE_AREA), 0);
        tables_flush();
    }
    check(tried > 3);
}
