/*
 * t_switch - vm_assist changes the paging mode under a running kernel, between all pairs of modes, many times.
 *
 * Entries, accessed and dirty bits and memory must not change by it; the features and the mode that the hypervisor
 * tells must. Two page directories are loaded in turn, tables are pinned and not, entries change in between. A switch
 * is asked for in an event handler, with a table mapped writable (-EBUSY), with entries that the new mode forbids
 * (-EINVAL): then nothing has changed, and the guest goes on. Command line: switches=N (default 300; ten thousand work,
 * too). `expected` has every one audited. Expected outcome: success.
 */
#include <stddef.h>

#include <xen/errno.h>

#include "guests/lib/boot.h"
#include "guests/lib/check.h"
#include "guests/lib/console.h"
#include "guests/lib/events.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/mode.h"
#include "guests/lib/outcome.h"
#include "guests/lib/probe.h"
#include "guests/lib/string.h"
#include "guests/lib/tables.h"
#include "guests/lib/traps.h"

#define AREA 0x40000000u
#define OTHER_AREA 0x44000000u   /* only other_directory has it */
#define PAGES 8u
#define ENTRIES 64u              /* of area_table; the entry i names page i % PAGES */

static pte_t *area_table, *other_directory, *other_table;
static uint32_t *pages[PAGES];
static pte_t before[1024];

static const uint32_t modes[] = { PENUMBRA_MODE_shadow, PENUMBRA_MODE_writable, PENUMBRA_MODE_direct };

/* With every combination of writable, user, accessed and dirty. */
static pte_t entry_of(uint32_t i) {
    static const pte_t flags[] = { PTE_W, PTE_U, PTE_A, PTE_D };
    pte_t entry = tables_make(page_frame(pages[i % PAGES]), PTE_P);

    for (uint32_t bit = 0; bit < 4; bit++)
        entry |= (i >> bit & 1) != 0 ? flags[bit] : 0;
    return entry;
}

static void start(void) {
    for (uint32_t i = 0; i < PAGES; i++) {
        pages[i] = page_take();
        pages[i][0] = 0xfeed0000 + i;
    }
    area_table = tables_install(AREA);
    other_directory = page_take();
    other_table = page_take();
    memcpy(other_directory, tables_directory(), GUEST_PAGE_SIZE);
    other_directory[OTHER_AREA / L2_SPAN] = tables_make(page_frame(other_table), PTE_P | PTE_W);
    other_table[0] = tables_make(page_frame(pages[1]), PTE_P | PTE_W);
    mode_protect_tables();
    page_protect(other_directory, false);
    page_protect(other_table, false);
    for (uint32_t i = 0; i < ENTRIES; i++)
        check_equal(tables_update(&area_table[i], entry_of(i)), 0);
}

/* What the hypervisor tells is the mode that it should be in. */
static void check_told(uint32_t mode) {
    check_equal(mode_now(), mode);
    check_equal(boot_feature(XENFEAT_writable_page_tables), mode == PENUMBRA_MODE_shadow);
}

static bool switch_to(uint32_t mode) {
    bool right;

    memcpy(before, area_table, sizeof(before));
    right = check_equal(mode_switch(mode), 0);
    right &= check_equal(memcmp(before, area_table, sizeof(before)), 0);
    check_told(mode);
    return right;
}

/* A read and, where that is allowed, a write through entry i; its marks must follow. */
static void touch(uint32_t i) {
    uint32_t linear = AREA + i * GUEST_PAGE_SIZE, value;
    bool writable = (area_table[i] & PTE_W) != 0;

    check(probe_read(linear, &value) && value == pages[i % PAGES][0]);
    check((area_table[i] & PTE_A) != 0);
    check_equal(probe_write(linear + 4, i), writable);
    if (writable)
        check((area_table[i] & PTE_D) != 0 && pages[i % PAGES][1] == i);
}

static void check_pairs(void) {
    check_group("every pair of modes");
    for (uint32_t from = 0; from < 3; from++)
        for (uint32_t to = 0; to < 3; to++) {
            switch_to(modes[from]);
            switch_to(modes[to]);
            touch(from * 3 + to);
        }
}

/* Between two switches: entries change, pages are used, directories are loaded in turn, pins come and go. */
static void work(uint32_t round) {
    uint32_t i = round * 7 % ENTRIES, value;

    touch(i);
    check_equal(tables_update(&area_table[i], entry_of(i)), 0);
    tables_flush_page(AREA + i * GUEST_PAGE_SIZE);
    if (round % 5 == 0) {
        check_equal(tables_load(other_directory), 0);
        check(probe_read(OTHER_AREA, &value) && value == pages[1][0]);
    } else if (round % 5 == 3) {
        check_equal(tables_load(tables_directory()), 0);
        check(!probe_read(OTHER_AREA, &value));
    }
    if (round % 16 == 4) {
        check_equal(tables_pin(other_directory, 2), 0);
        check_equal(tables_pin(area_table, 1), 0);
    } else if (round % 16 == 12) {
        check_equal(tables_unpin(other_directory), 0);
        check_equal(tables_unpin(area_table), 0);
    }
}

static void check_many(uint32_t switches) {
    check_group("many switches");
    for (uint32_t round = 0; round < switches / 16 * 16; round++) {
        if (!switch_to(modes[(round + round / 3 % 2 * round) % 3]))
            check_stop("a switch that was refused");
        work(round);
    }
    check_equal(tables_load(tables_directory()), 0);
    print("%u switches\n", switches / 16 * 16);
}

static volatile uint32_t handled;
static volatile long answer;

static void on_event(uint32_t port) {
    (void)port;
    answer = mode_switch(modes[handled++ % 3]);
}

static void check_in_handler(void) {
    uint32_t port = event_bind_ipi(on_event);

    check_group("in an event handler");
    events_enable();
    for (uint32_t i = 0; i < 12; i++) {
        answer = -1;
        check_equal(event_send(port), 0);
        check_equal(handled, i + 1);
        check_equal(answer, 0);
        check_told(modes[i % 3]);
        touch(i);
    }
    events_disable();
}

/* In shadow mode; a switch to each of the other modes is refused, and afterwards it is as if nobody had asked. */
static void check_refused(long wanted) {
    for (uint32_t i = 1; i < 3; i++) {
        memcpy(before, area_table, sizeof(before));
        check_equal(mode_switch(modes[i]), wanted);
        check_told(PENUMBRA_MODE_shadow);
        check_equal(memcmp(before, area_table, sizeof(before)), 0);
        touch(i);
    }
}

/* And when what stood in the way is gone, both work. */
static void check_works(void) {
    for (uint32_t i = 0; i < 3; i++)
        switch_to(modes[(i + 1) % 3]);
}

static void check_mapped_writable(void) {
    void *const tables[] = { area_table, tables_directory(), other_table };

    check_group("a table mapped writable");
    switch_to(PENUMBRA_MODE_shadow);
    check_equal(tables_pin(other_directory, 2), 0);
    for (uint32_t i = 0; i < 3; i++) {
        page_protect(tables[i], true);
        check_refused(-XEN_EBUSY);
        page_protect(tables[i], false);
        check_works();
    }
    check_equal(tables_unpin(other_directory), 0);
    page_protect(other_table, true);                     /* nothing pins or loads it: ordinary memory */
    check_works();
    page_protect(other_table, false);
}

static void check_forbidden(void) {
    const pte_t page = tables_make(page_frame(pages[0]), PTE_P);
    const pte_t bad[] = { page | 0x8, page | 0x10, page | 0x80, page | 0x100, 0x1000 | PTE_P, 0xfffff000 | PTE_P };
    pte_t *slot = tables_slot(OTHER_AREA);

    check_group("forbidden entries");
    switch_to(PENUMBRA_MODE_shadow);
    for (uint32_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (tables_update(&area_table[ENTRIES], bad[i]) != 0)
            continue;                                    /* shadow mode, too, may refuse frames of others */
        check_refused(-XEN_EINVAL);
        check_equal(tables_update(&area_table[ENTRIES], 0), 0);
        check_works();
    }
    check_equal(tables_update(slot, page | PTE_PS | PTE_W), 0);
    check_refused(-XEN_EINVAL);
    check_equal(tables_update(slot, tables_make(page_frame(tables_directory()), PTE_P | PTE_W)), 0);
    check_refused(-XEN_EINVAL);                          /* a linear mapping that is writable */
    check_equal(tables_update(slot, tables_make(page_frame(tables_directory()), PTE_P)), 0);
    check_works();
    check_equal(tables_update(slot, 0), 0);
    check_works();
}

_Noreturn void guest_main(void) {
    uint32_t first = mode_now();

    traps_install();
    probe_start();
    start();
    if (mode_switch(PENUMBRA_MODE_direct) == -XEN_EPERM) {
        print("this domain may not change its mode: there is nothing to test\n");
        finish(PENUMBRA_OUTCOME_skip);
    }
    print("begun in mode %s\n", mode_name(first));
    check_told(PENUMBRA_MODE_direct);
    check_pairs();
    check_many(boot_number("switches", 300));
    check_in_handler();
    check_mapped_writable();
    check_forbidden();
    check_finish();
}
