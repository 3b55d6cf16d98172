/* roles.c - a frame is a table or writable; pins and base pointers; what was a table (see main.c). */
#include <stddef.h>

#include <xen/errno.h>

#include "guests/lib/check.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/probe.h"
#include "guests/lib/string.h"
#include "guests/t_types/t_types.h"

#define LINEAR (AREA + 2 * GUEST_PAGE_SIZE)
#define BIG_TABLES 12u           /* more entries than one part of a hypercall looks at */

static const uint32_t not_ours[] = { 0, 1, 0x100, 0xfffff, 0x100000, 0xffffffff };

static long map(const void *page, pte_t flags) {
    return hypercall_update_va_mapping(LINEAR, entry_for(page, flags), UVMF_INVLPG);
}

static long operation_on(uint32_t command, uint32_t mfn) {
    struct mmuext_op operation = { .cmd = command, .arg1.mfn = mfn };

    return hypercall_mmuext_op(&operation, 1, NULL, DOMID_SELF);
}

/* Can page be a table in none of the three ways, or in the two that make one without loading it? */
static void check_table(const pte_t *page, bool wanted) {
    long answer = wanted ? 0 : -XEN_EINVAL;

    check_equal(tables_update(tables_slot(OTHER_AREA), entry_for(page, PTE_P | PTE_W)), answer);
    tables_set(tables_slot(OTHER_AREA), 0);
    for (uint32_t level = 1; level <= 2; level++) {
        check_equal(tables_pin(page, level), answer);
        check_equal(tables_unpin(page), answer);
    }
    if (!wanted)
        check_errno(tables_load(page), XEN_EINVAL);
}

static void check_exclusion(void) {
    pte_t *page = page_take();
    uint32_t value;

    check_group("a table or writable");
    check_table(page, false);                        /* the kernel's map has it writable */
    page_protect(page, false);
    check_table(page, true);
    check_equal(map(page, PTE_P | PTE_W), 0);
    check_table(page, false);                        /* writable somewhere else */
    check_equal(map(page, PTE_P), 0);
    check_table(page, true);
    check_equal(tables_pin(page, 1), 0);
    check_errno(map(page, PTE_P | PTE_W), XEN_EINVAL);
    check_equal(map(page, PTE_P), 0);                /* reading is always allowed */
    check(probe_read(LINEAR, &value) && value == 0);
    check_equal(tables_unpin(page), 0);
    check_equal(map(page, PTE_P | PTE_W), 0);
    check_equal(map(page, 0), 0);
    check_errno(map(area_table, PTE_P | PTE_W), XEN_EINVAL);
    check_errno(map(tables_directory(), PTE_P | PTE_W), XEN_EINVAL);
    check_equal(map(tables_directory(), PTE_P), 0);
    check_equal(map(page, 0), 0);
}

static void check_pins(void) {
    pte_t *page = closed_page();

    check_group("pins");
    check_equal(tables_pin(page, 1), 0);
    check_errno(tables_pin(page, 1), XEN_EINVAL);
    check_errno(tables_pin(page, 2), XEN_EINVAL);
    tables_set(tables_slot(OTHER_AREA), entry_for(page, PTE_P | PTE_W));
    check_equal(tables_unpin(page), 0);
    check_errno(tables_unpin(page), XEN_EINVAL);
    check_errno(map(page, PTE_P | PTE_W), XEN_EINVAL);       /* the directory still uses it */
    check_errno(tables_pin(page, 2), XEN_EINVAL);
    check_equal(tables_pin(page, 1), 0);
    tables_set(tables_slot(OTHER_AREA), 0);
    check_errno(map(page, PTE_P | PTE_W), XEN_EINVAL);       /* and now the pin */
    check_equal(tables_unpin(page), 0);
    check_equal(map(page, PTE_P | PTE_W), 0);
    check_equal(map(page, 0), 0);
    for (uint32_t i = 0; i < sizeof(not_ours) / sizeof(not_ours[0]); i++) {
        check_errno(operation_on(MMUEXT_PIN_L1_TABLE, not_ours[i]), XEN_EINVAL);
        check_errno(operation_on(MMUEXT_PIN_L2_TABLE, not_ours[i]), XEN_EINVAL);
        check_errno(operation_on(MMUEXT_UNPIN_TABLE, not_ours[i]), XEN_EINVAL);
        check_errno(operation_on(MMUEXT_NEW_BASEPTR, not_ours[i]), XEN_EINVAL);
    }
    check_errno(operation_on(MMUEXT_PIN_L1_TABLE, start_info->shared_info >> 12), XEN_EINVAL);
    check_errno(tables_load(area_table), XEN_EINVAL);        /* a table, but none of level 2 */
    tables_open(page);
}

/* One forbidden entry, and the page is no table; it stays what it was. */
static void check_bad_contents(void) {
    static const uint32_t indices[] = { 0, 511, 1007, 1023 };
    const pte_t bad[] = { entry_for(data, PTE_P | 0x100), entry_for(data, PTE_P | 0x10), 0x1000 | PTE_P,
                          0xfffff000 | PTE_P, entry_for(area_table, PTE_P | PTE_W) };

    check_group("bad contents");
    for (uint32_t i = 0; i < sizeof(indices) / sizeof(indices[0]); i++)
        for (uint32_t b = 0; b < sizeof(bad) / sizeof(bad[0]); b++) {
            static pte_t *page;

            page = page != NULL ? page : page_take();
            page[indices[i]] = bad[b];
            tables_close(page);
            check_errno(tables_pin(page, 1), XEN_EINVAL);
            check_equal(page[indices[i]], bad[b]);
            tables_open(page);
            page[indices[i]] = 0;
        }
}

/* What the hypervisor wrote there is gone, and nothing checks what is stored any more. */
static void check_afterwards(void) {
    pte_t *directory = directory_page(), *tables[BIG_TABLES];
    uint32_t left = 0, wrong = 0;

    check_group("what was a table");
    for (uint32_t i = 0; i < BIG_TABLES; i++) {
        tables[i] = closed_page();
        check_equal(tables_update(&directory[512 + i], entry_for(tables[i], PTE_P | PTE_W)), 0);
    }
    check_equal(tables_pin(directory, 2), 0);
    for (uint32_t i = TABLES_GUEST_SLOTS; i < 1024; i++)
        left += directory[i] != 0;
    check(left != 0);                                        /* the hypervisor's slots were filled in */
    for (uint32_t i = 0; i < BIG_TABLES; i++)
        check_errno(map(tables[i], PTE_P | PTE_W), XEN_EINVAL);
    check_equal(tables_unpin(directory), 0);
    for (uint32_t i = TABLES_GUEST_SLOTS; i < 1024; i++)
        check_equal(directory[i], 0);
    for (uint32_t i = 0; i < BIG_TABLES; i++)
        tables_open(tables[i]);
    tables_open(directory);
    for (uint32_t i = 0; i < 1024; i++)
        ((volatile pte_t *)directory)[i] = i * 0x01010101u;
    for (uint32_t i = 0; i < 1024; i++)
        wrong += directory[i] != i * 0x01010101u;
    check_equal(wrong, 0);
}

void check_roles(void) {
    check_exclusion();
    check_pins();
    check_bad_contents();
    check_afterwards();
}
