/*
 * test_failure.c - whatever is refused, at whatever point, changes nothing.
 *
 * Each operation that takes references is made to fail at its first, second, ... reference until it succeeds, and again
 * with the counts of each frame at their limit. What was before is compared with what is after: the frame table but for
 * hints, and all memory. One thing is lost on purpose: a directory that had been one (all of it was checked before
 * something else was refused) has zeros in the hypervisor's slots.
 */
#include <string.h>

#include <xen/errno.h>

#include "tests/unit/direct/host.h"
#include "tests/unit/direct/shadow_mode.h"
#include "xen/direct/direct_mode.h"
#include "xen/direct/table.h"
#include "xen/direct/update.h"
#include "xen/domain/memory.h"
#include "xen/domain/switch.h"

enum { LOADED, DIRECTORY, TABLE, OTHER_TABLE, LINEAR, PINNED_TABLE, DATA = 20 };

static void fill_table(uint32_t n, uint32_t entries) {
    for (uint32_t i = 0; i < entries; i++) {
        host_table(FRAME(n))[i * 37 % TABLE_ENTRIES] = ENTRY(FRAME(DATA + i % 7), PTE_P | (i % 7 < 4 ? PTE_W : 0));
    }
}

/* Two tables, a linear mapping, the directory itself; something of the guest in every hypervisor slot. */
static void fill(void) {
    fill_table(TABLE, 20);
    fill_table(OTHER_TABLE, 15);
    fill_table(PINNED_TABLE, 3);
    host_table(FRAME(DIRECTORY))[0] = ENTRY(FRAME(TABLE), PTE_P | PTE_W);
    host_table(FRAME(DIRECTORY))[500] = ENTRY(FRAME(DIRECTORY), PTE_P);
    host_table(FRAME(DIRECTORY))[501] = ENTRY(FRAME(LINEAR), PTE_P);
    host_table(FRAME(DIRECTORY))[1007] = ENTRY(FRAME(OTHER_TABLE), PTE_P | PTE_W);
    for (uint32_t slot = HYPERVISOR_L2_FIRST; slot < TABLE_ENTRIES; slot++) {
        host_table(FRAME(DIRECTORY))[slot] = 0x5a5a0000 | slot;
    }
}

static void begin(void) {
    host.refuse = 0;
    host_reset(&mode_direct);
    CHECK_EQUAL(host_load(FRAME(LOADED)), 0);
    CHECK_EQUAL(direct_pin(&host.domain, (mfn_t){ FRAME(LINEAR) }, 2), 0);
    fill();
    host_audit();
}

static void begin_shadow(void) {
    host.refuse = 0;
    host_reset(&fake_shadow);
    host.vcpu.base_pointer.n = FRAME(DIRECTORY);
    host_table(FRAME(LINEAR))[3] = ENTRY(FRAME(OTHER_TABLE), PTE_P);
    fill();
    host_table(FRAME(DIRECTORY))[501] = 0; /* its target becomes a directory later */
    CHECK_EQUAL(memory_pin(&host.domain, (mfn_t){ FRAME(PINNED_TABLE) }, 1), 0);
    CHECK_EQUAL(memory_pin(&host.domain, (mfn_t){ FRAME(LINEAR) }, 2), 0);
}

/* The operations. */
static int pin_table(void) {
    return direct_pin(&host.domain, (mfn_t){ FRAME(TABLE) }, 1);
}

static int pin_directory(void) {
    return direct_pin(&host.domain, (mfn_t){ FRAME(DIRECTORY) }, 2);
}

static int load(void) {
    return host_load(FRAME(DIRECTORY));
}

static int link_table(void) {
    return update_entry(&host.domain, request(FRAME(LOADED), 5, false), ENTRY(FRAME(TABLE), PTE_P));
}

static int link_linear(void) {
    return update_entry(&host.domain, request(FRAME(LOADED), 5, false), ENTRY(FRAME(LINEAR), PTE_P));
}

static int map_data(void) { /* the table has been pinned by begin_mapped */
    return update_entry(&host.domain, request(FRAME(TABLE), 0, false), ENTRY(FRAME(DATA + 6), PTE_P | PTE_W));
}

static int write_memory(void) {
    return update_entry(&host.domain, request(FRAME(DATA), 9, false), 0x12345678);
}

static int to_direct(void) {
    return domain_switch_mode(&host.domain, TRACE_MODE_direct);
}

static int to_writable(void) {
    return domain_switch_mode(&host.domain, TRACE_MODE_writable);
}

static void begin_mapped(void) {
    begin();
    CHECK_EQUAL(pin_table(), 0);
}

static const struct {
    void (*begin)(void);
    int (*operation)(void);
    uint32_t references;      /* that it asks for by frame_get */
} cases[] = {
    { begin, pin_table, 21 }, { begin, pin_directory, 36 }, { begin, load, 35 }, { begin, link_table, 20 },
    { begin, link_linear, 0 }, { begin_mapped, map_data, 1 }, { begin, write_memory, 1 }, { begin_shadow, to_direct, 38 },
    { begin_shadow, to_writable, 38 },
};

#define CASES (sizeof(cases) / sizeof(cases[0]))

static struct frame frames[HOST_LIMIT];
static uint8_t memory[HOST_LIMIT][PAGE_SIZE];

static void keep(void) {
    host_keep_frames(frames);
    memcpy(memory, host_table(0), sizeof(memory));
}

/* A directory that was one is allowed its zeros. */
static bool same_page(uint32_t mfn, bool was_directory) {
    const uint8_t *now = (const uint8_t *)host_table(mfn);
    uint32_t bytes = HYPERVISOR_L2_FIRST * sizeof(pte_t);

    if (memcmp(memory[mfn], now, PAGE_SIZE) == 0) {
        return true;
    }
    for (uint32_t i = bytes; i < PAGE_SIZE; i++) {
        was_directory = was_directory && now[i] == 0;
    }
    return was_directory && memcmp(memory[mfn], now, bytes) == 0;
}

static void check_same(bool was_directory) {
    CHECK(host_same_frames(frames));
    for (uint32_t mfn = 0; mfn < HOST_LIMIT; mfn++) {
        CHECK(mfn == HOST_BEFORE || same_page(mfn, was_directory && mfn == FRAME(DIRECTORY)));
    }
    CHECK(host.domain.direct.leaving == NO_FRAME && host.domain.direct.partial == 0);
}

/* Was all of it checked before the refusal? */
static bool was_validated(void) {
    return host.domain.mmu_counters[TRACE_MMU_COUNTER_l2_released] != 0;
}

static void check_refused(int result) {
    CHECK(result == -XEN_EINVAL || result == -XEN_EBUSY);
    host.refuse = 0;
    host_finish_leaving();
    check_same(was_validated());
    if (host.domain.mode != &fake_shadow) {
        host_audit();
    } else {
        host_check_left();
    }
}

/* The n-th reference, for every n; and with none refused it works. */
static void test_references(uint32_t i) {
    int result = -1;

    for (uint32_t n = 1; result != 0; n++) {
        cases[i].begin();
        keep();
        host.refuse = n;
        result = cases[i].operation();
        if (result != 0) {
            CHECK(n <= cases[i].references && host.refuse == 0);
            check_refused(result);
        } else {
            CHECK_EQUAL(n, cases[i].references + 1);
            host_finish_leaving();
            host_audit();
        }
    }
}

/* Each frame's counts at their limit, or a few below it. As if others held those references. */
static uint32_t test_limits(uint32_t i) {
    uint32_t refusals = 0;

    for (uint32_t n = 0; n < DATA + 7; n++) {
        for (uint32_t below = 0; below < 3; below++) {
            cases[i].begin();
            uint32_t more = UINT32_MAX - below - frame_of((mfn_t){ FRAME(n) })->count;

            host.counts_raised = true;
            frame_of((mfn_t){ FRAME(n) })->count += more;
            keep();
            if (cases[i].operation() != 0) {
                refusals++;
                host_finish_leaving();
                check_same(was_validated());
            }
            frame_of((mfn_t){ FRAME(n) })->count -= more;
            host_finish_leaving();
            if (host.domain.mode != &fake_shadow) {
                host_audit();
            }
        }
    }
    return refusals;
}

/* No memory for the mode: nothing else is even begun. */
static void test_no_memory(void) {
    begin_shadow();
    keep();
    host.heap_refuses = true;
    CHECK_EQUAL(to_writable(), -XEN_ENOMEM);
    CHECK(host.domain.mode == &fake_shadow && host.flushes == 0);
    check_same(false);
    host.heap_refuses = false;
    CHECK_EQUAL(to_writable(), 0);
    host_audit();
    host.heap_refuses = true; /* it has been in both: they need no more */
    CHECK_EQUAL(domain_switch_mode(&host.domain, TRACE_MODE_shadow), 0);
    host_check_left();
    CHECK_EQUAL(to_writable(), 0);
    CHECK_EQUAL(to_direct(), 0);
    CHECK_EQUAL(to_writable(), 0);
    host_audit();
}

/* A table that the guest maps writable is in the way, and is named with the entry that maps it. */
static void test_writable_mapping(void) {
    static const uint32_t tables[] = { DIRECTORY, TABLE, OTHER_TABLE, LINEAR, PINNED_TABLE };

    for (uint32_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        begin_shadow();
        host_table(FRAME(LINEAR))[3] = 0; /* the table is in one directory, so the address is known */
        host_table(FRAME(OTHER_TABLE))[77] = ENTRY(FRAME(tables[i]), PTE_P | PTE_W);
        keep();
        CHECK_EQUAL(to_direct(), -XEN_EBUSY);
        check_refused(-XEN_EBUSY);
        CHECK(host.domain.direct.refusal.table.n == FRAME(OTHER_TABLE) && host.domain.direct.refusal.index == 77);
        CHECK_EQUAL(host.domain.direct.refusal.entry, ENTRY(FRAME(tables[i]), PTE_P | PTE_W));
        CHECK_EQUAL(host.domain.direct.refusal.linear, 1007u << L2_SHIFT | 77u << L1_SHIFT);
        host_table(FRAME(OTHER_TABLE))[77] = 0;
        CHECK_EQUAL(to_direct(), 0);
        host_audit();
    }
}

int main(int argc, char **argv) {
    uint32_t refusals = 0;

    random_begin(argc, argv);
    host_begin();
    for (uint32_t i = 0; i < CASES; i++) {
        test_references(i);
        refusals += test_limits(i);
    }
    CHECK(refusals > 20);
    test_no_memory();
    test_writable_mapping();
    return check_end("failure");
}
