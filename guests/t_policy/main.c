/*
 * t_policy - shadow mode's policies and switches are chosen and changed while the guest runs, and under each of them
 * the guest's page tables mean what they say: after a flush, or after what the policy announce asks for instead.
 *
 * In the other modes they are only remembered: what was chosen there holds in the shadow mode that the guest then
 * changes to. Expected outcome: success.
 */
#include <stddef.h>

#include <xen/errno.h>
#include <xen/features.h>

#include "guests/lib/boot.h"
#include "guests/lib/check.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/mode.h"
#include "guests/lib/outcome.h"
#include "guests/lib/probe.h"
#include "guests/lib/tables.h"
#include "guests/lib/traps.h"

#define AREA 0x40000000u
#define ENTRIES 1024u
#define PAGES 64u              /* data pages, each with its number in it */
#define ALL (PTE_P | PTE_W | PTE_A | PTE_D)

static const uint32_t policies[] = {
    PENUMBRA_VMASST_TYPE_shadow_oos, PENUMBRA_VMASST_TYPE_shadow_brute, PENUMBRA_VMASST_TYPE_shadow_announce,
};
static const uint32_t switches[] = {
    PENUMBRA_VMASST_TYPE_shadow_prefetch, PENUMBRA_VMASST_TYPE_shadow_root_cache, PENUMBRA_VMASST_TYPE_shadow_flood,
    PENUMBRA_VMASST_TYPE_shadow_global,
    PENUMBRA_VMASST_TYPE_shadow_superpages,
};

static volatile pte_t *table;
static pte_t pages[PAGES];     /* entries for them */
static bool announcing;

static long assist(uint32_t type, bool enable) {
    return hypercall_vm_assist(enable ? VMASST_CMD_enable : VMASST_CMD_disable, type);
}

static uint32_t linear_of(uint32_t index) {
    return AREA + index * GUEST_PAGE_SIZE;
}

/* What the page at index should hold now; 0: nothing is there. */
static uint32_t wanted[ENTRIES];

static void set(uint32_t index, uint32_t page, pte_t less) {
    pte_t value = page < PAGES ? pages[page] & ~less : 0;

    table[index] = value;
    wanted[index] = page < PAGES ? page + 1 : 0;
    if (announcing)
        check_equal(tables_update(&table[index], value), 0);
}

static void check_all(void) {
    uint32_t wrong = 0, value;

    for (uint32_t i = 0; i < ENTRIES; i++) {
        value = 0;
        if (probe_read(linear_of(i), &value) != (wanted[i] != 0) || value != wanted[i])
            wrong++;
    }
    check_equal(wrong, 0);
}

/* A whole table changes, is used, loses its write permission, gets other pages, and goes, each time flushed. */
static void check_tables(void) {
    for (uint32_t i = 0; i < ENTRIES; i++)
        set(i, (i * 7 + i / 64) % PAGES, 0);
    tables_flush();
    check_all();
    for (uint32_t i = 0; i < ENTRIES; i++)
        set(i, (i * 7 + i / 64) % PAGES, PTE_W);
    tables_flush();
    check_all();
    for (uint32_t i = 0; i < ENTRIES; i += 33)
        check(!probe_write(linear_of(i), 0xbad));
    for (uint32_t i = 0; i < ENTRIES; i += 3)
        set(i, i % PAGES, 0);
    tables_flush();
    check_all();
    set(5, PAGES, 0);
    set(6, 1, 0);
    tables_flush_page(linear_of(5));
    tables_flush_page(linear_of(6));
    check_all();
    for (uint32_t i = 0; i < ENTRIES; i++)
        set(i, PAGES, 0);
    tables_flush();
    check_all();
}

/* Another page directory and back: whatever was remembered of the first is in line. */
static void check_base_pointer(void) {
    static pte_t *other;

    if (other == NULL) {
        other = page_take();
        for (uint32_t i = 0; i < ENTRIES; i++)
            other[i] = tables_directory()[i];
    }
    for (uint32_t round = 0; round < 4; round++) {
        for (uint32_t i = 0; i < 40; i++)
            set(i, (i + round) % PAGES, 0);
        check_equal(tables_load(round % 2 == 0 ? other : tables_directory()), 0);
        check_all();
    }
}

static bool stores_are_offered(void) {
    struct xen_feature_info argument = { .submap_idx = 0 };

    check_equal(hypercall_xen_version(XENVER_get_features, &argument), 0);
    return (argument.submap & 1u << XENFEAT_writable_page_tables) != 0;
}

static void check_with_switches(void) {
    static const uint8_t some[] = { 0, 15, 2, 5 };

    for (uint32_t k = 0; k < sizeof(some); k++) {
        for (uint32_t i = 0; i < sizeof(switches) / sizeof(switches[0]); i++)
            check_equal(assist(switches[i], some[k] >> i & 1), 0);
        check_tables();
        check_base_pointer();
    }
}

static void check_policy(uint32_t type, const char *name) {
    check_group(name);
    check_equal(assist(type, true), 0);
    announcing = type == PENUMBRA_VMASST_TYPE_shadow_announce;
    check_equal(stores_are_offered(), !announcing);
    check_with_switches();
    /* to another one in the middle: everything is as the tables say */
    for (uint32_t i = 0; i < 40; i++)
        set(i, i % PAGES, 0);
    check_equal(assist(type, false), 0);
    announcing = false;
    check_all();
    check(stores_are_offered());
}

static void make_pages(void) {
    table = tables_install(AREA);
    for (uint32_t i = 0; i < PAGES; i++) {
        pages[i] = tables_make(frame_take(), ALL);
        tables_set(&table[0], pages[i]);
        tables_flush_page(AREA);
        check(probe_write(AREA, i + 1));
    }
    tables_set(&table[0], 0);
    tables_flush();
}

_Noreturn void guest_main(void) {
    traps_install();
    check_group("types");
    check_errno(assist(PENUMBRA_VMASST_TYPE_shadow_superpages + 1, true), XEN_EINVAL);
    check_errno(hypercall_vm_assist(7, PENUMBRA_VMASST_TYPE_shadow_oos), XEN_ENOSYS);
    for (uint32_t i = 0; i < 3; i++) {
        check_equal(assist(policies[i], true), 0);
        check_equal(assist(policies[(i + 1) % 3], false), 0); /* is not the one that holds */
    }
    check_equal(assist(policies[2], false), 0);
    if (mode_now() != PENUMBRA_MODE_shadow) {
        check_equal(assist(PENUMBRA_VMASST_TYPE_shadow_announce, true), 0);
        check_equal(mode_switch(PENUMBRA_MODE_shadow), 0);
        page_protect(tables_directory(), true);
        check(!stores_are_offered());
        check_equal(assist(PENUMBRA_VMASST_TYPE_shadow_announce, false), 0);
    }
    probe_start();
    make_pages();
    check_policy(PENUMBRA_VMASST_TYPE_shadow_oos, "out of sync");
    check_policy(PENUMBRA_VMASST_TYPE_shadow_brute, "brute");
    check_policy(PENUMBRA_VMASST_TYPE_shadow_announce, "announce");
    check_equal(assist(PENUMBRA_VMASST_TYPE_shadow_oos, false), 0);
    check_group("emulate");
    check_with_switches();
    check_finish();
}
