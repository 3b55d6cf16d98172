/*
 * test_pool.c - memory: the smallest pool under more tables than it holds, reverse-map nodes running out, freed pages
 * that a paging-structure cache still knows, and references refused at every point.
 */
#include "shadow/rmap.h"
#include "shadow/set.h"
#include "shadow/pool.h"
#include "tests/unit/shadow/host.h"
#include "tests/unit/shadow/mmu.h"

#define ALL (PTE_P | PTE_W | PTE_U)
#define ROOT_FIRST 8u
#define ROOTS 20u
#define TABLE_FIRST 64u
#define TABLES 60u
#define DATA_FIRST 256u

static uint32_t touch(uint32_t linear, bool write) {
    struct translation translation = {0, false};
    uint32_t error;

    CHECK(mmu_run(linear, 3, write, NULL, &translation, &error) == ACCESS_DONE);
    return translation.frame;
}

/* Every root maps every table; table t maps its own frames. */
static void guest_begin(uint32_t pool_frames) {
    uint32_t i, k;

    host_begin(pool_frames);
    mmu_use_caches(true);
    for (i = 0; i < ROOTS; i++) {
        for (k = 0; k < TABLES; k++) {
            host_table(ROOT_FIRST + i)[k] = (TABLE_FIRST + k) << PAGE_SHIFT | ALL;
        }
    }
    for (k = 0; k < TABLES; k++) {
        for (i = 0; i < TABLE_ENTRIES; i++) {
            host_table(TABLE_FIRST + k)[i] = (DATA_FIRST + (k * 31 + i) % 1500) << PAGE_SHIFT | ALL;
        }
    }
    host_load(ROOT_FIRST);
}

static void check_touch(uint32_t table, uint32_t index, bool write) {
    CHECK_EQUAL(touch(table << L2_SHIFT | index << L1_SHIFT, write), DATA_FIRST + (table * 31 + index) % 1500);
}

static void test_smallest(void) {
    uint32_t i;

    CHECK(shadow_create(NULL, host.state, (smfn_t){HOST_POOL_FIRST}, SHADOW_POOL_MINIMUM - 1) == NULL);
    CHECK(shadow_create(NULL, host.state, (smfn_t){HOST_POOL_FIRST}, SHADOW_POOL_MAXIMUM + 1) == NULL);
    guest_begin(SHADOW_POOL_MINIMUM);
    for (i = 0; i < 6000; i++) {
        check_touch(random_below(TABLES), random_below(TABLE_ENTRIES), random_below(2));
        if (random_below(50) == 0) {
            host_load(ROOT_FIRST + random_below(ROOTS));
        }
        if (i % 64 == 0) {
            host_audit();
        }
    }
    CHECK(shadow_counter(host.shadow, TRACE_COUNTER_reclaimed) > 1000);
    CHECK_EQUAL(shadow_counter(host.shadow, TRACE_COUNTER_pool_low_water), 0);
    host_end();
}

/* More writable mappings than nodes: old shadows go, and all works on. */
static void test_nodes(void) {
    uint32_t i, nodes = SHADOW_POOL_MINIMUM * RMAP_NODES_PER_FRAME;

    guest_begin(SHADOW_POOL_MINIMUM);
    for (i = 0; i < nodes * 2; i++) {
        check_touch(i / 700, i % 700, true);
        CHECK(host.shadow->nodes_used <= nodes);
    }
    CHECK(shadow_counter(host.shadow, TRACE_COUNTER_rmap_entries_high_water) + RESERVE_FAULT_NODES >= nodes);
    host_audit();
    host_end();
}

/* A page of the pool is not used anew while a cached L2 entry may still lead into it (F4). */
static void test_quarantine(void) {
    uint32_t k, i, error;

    guest_begin(SHADOW_POOL_MINIMUM);
    check_touch(0, 5, true);
    for (k = 1; k < TABLES; k++) {
        check_touch(k, 5, true);
        check_touch(k, 6, false);
        for (i = 0; i < 20; i++) { /* by chance through what the processor remembers of slot 0 */
            struct translation translation;

            if (mmu_access(6u << L1_SHIFT, FAULT_USER, &translation, &error)) {
                CHECK_EQUAL(translation.frame, DATA_FIRST + 6);
            }
            if (mmu_access(5u << L1_SHIFT, FAULT_USER, &translation, &error)) {
                CHECK_EQUAL(translation.frame, DATA_FIRST + 5);
            }
        }
        touch(0, false); /* the processor remembers slot 0 again */
    }
    CHECK(host.full_flushes > 10);
    host_end();

    for (i = 0; i < 20; i++) { /* slot 0 is remembered, not used, and its page goes to another table */
        struct translation translation;

        guest_begin(SHADOW_POOL_MINIMUM);
        check_touch(0, 5, true);
        for (k = 1; shadow_counter(host.shadow, TRACE_COUNTER_reclaimed) == 0; k++) {
            check_touch(k, 7, true);
        }
        check_touch(k, 7, true);
        if (mmu_access(7u << L1_SHIFT, FAULT_USER, &translation, &error)) {
            CHECK_EQUAL(translation.frame, DATA_FIRST + 7);
        }
        host_end();
    }
}

/* The n-th reference is refused, for every n: the guest gets a fault or reads on, and the books are right. */
static void test_refused_references(void) {
    uint32_t n, i, faults = 0;

    for (n = 1; n < 60; n++) {
        guest_begin(32);
        host.refuse_reference = n;
        for (i = 0; i < 40; i++) {
            struct translation translation;
            uint32_t error;
            enum outcome outcome = mmu_run((i % 3) << L2_SHIFT | i << L1_SHIFT, 3, i % 2, NULL, &translation, &error);

            CHECK(outcome == ACCESS_DONE || outcome == ACCESS_FAULT);
            faults += outcome == ACCESS_FAULT;
            if (i == 20) { /* frames of the first mappings become tables: writable references become read-only ones */
                host_table(ROOT_FIRST)[50] = (DATA_FIRST + 3) << PAGE_SHIFT | ALL;
                host_table(DATA_FIRST + 3)[0] = 70u << PAGE_SHIFT | ALL;
                CHECK(shadow_write_entry(host.shadow, (mfn_t){TABLE_FIRST}, 6, (DATA_FIRST + 6) << PAGE_SHIFT | PTE_P |
                                         PTE_A, false,
                                         TRACE_WRITE_VIA_mmu_update) == 0);
                (void)mmu_run(50u << L2_SHIFT, 3, false, NULL, &translation, &error);
            }
        }
        host.refuse_reference = 0;
        host_audit();
        host_end();
    }
    CHECK(faults > 10);
}

/* The accessed bit that the processor set survives when an entry is replaced (F8). */
static void test_accessed_carried(void) {
    struct shadow_page *page;
    pte_t *entry;

    guest_begin(32);
    check_touch(0, 5, false);
    for (page = host.shadow->pages; page->kind != KIND_L1; page++) {
        ;
    }
    entry = &page_table(host.shadow, page)[5];
    CHECK(*entry & PTE_A);
    CHECK_EQUAL(set_entry(host.shadow, entry, (DATA_FIRST + 5) << PAGE_SHIFT | ALL), 0);
    CHECK(*entry & PTE_A);
    CHECK(set_entry(host.shadow, entry, (DATA_FIRST + 5) << PAGE_SHIFT | PTE_P | PTE_U) ==
          (LOST_TRANSLATION | LOST_WRITE));
    CHECK(*entry & PTE_A);
    CHECK_EQUAL(set_entry(host.shadow, entry, 0), LOST_TRANSLATION);
    CHECK_EQUAL(set_entry(host.shadow, entry, (DATA_FIRST + 5) << PAGE_SHIFT | ALL), 0);
    CHECK_EQUAL(set_entry(host.shadow, entry, 0), 0); /* never used */
    host_audit();
    host_end();
}

/* The pool gets larger and smaller under a guest that goes on; what was counted and what is watched stays. */
static void test_resize(void) {
    static uint32_t log[HOST_FRAMES / 32], samples[HOST_FRAMES / 32];
    uint32_t i, k, faults, root = ROOT_FIRST, bitmap[1], next;
    const mfn_t data = {DATA_FIRST + 5};

    guest_begin(64);
    CHECK(shadow_resize(host.shadow, host.state, (smfn_t){HOST_POOL_FIRST}, SHADOW_POOL_MINIMUM - 1) == NULL);
    CHECK(shadow_resize(host.shadow, host.state, (smfn_t){HOST_POOL_FIRST}, SHADOW_POOL_MAXIMUM + 1) == NULL);
    host_audit();
    for (i = 0; i < 40; i++) {
        for (k = 0; k < 100; k++) {
            check_touch(random_below(TABLES), random_below(TABLE_ENTRIES), random_below(2));
        }
        faults = shadow_counter(host.shadow, TRACE_COUNTER_faults);
        host_resize(SHADOW_POOL_MINIMUM + random_below(2) * random_below(200));
        CHECK_EQUAL(shadow_counter(host.shadow, TRACE_COUNTER_faults), faults);
        CHECK_EQUAL(shadow_counter(host.shadow, TRACE_COUNTER_pool_frames), host.shadow->pool_frames);
        CHECK_EQUAL(shadow_counter(host.shadow, TRACE_COUNTER_rmap_entries_high_water), 0);
        CHECK_EQUAL(host.shadow->references, 0);
        host_audit();
        root = ROOT_FIRST + random_below(ROOTS);
        CHECK(!host_load(root));
    }
    shadow_log_dirty(host.shadow, log, HOST_FRAMES);
    shadow_sample(host.shadow, samples, HOST_FRAMES);
    (void)shadow_read_dirty(host.shadow, &data, 1, bitmap, true);
    check_touch(0, 5, true);
    host_resize(40);
    host_load(root);
    CHECK_EQUAL(shadow_read_dirty(host.shadow, &data, 1, bitmap, true), 1);
    check_touch(0, 5, false); /* nobody takes an entry of a clean frame for a writable one */
    CHECK_EQUAL(shadow_read_dirty(host.shadow, &data, 1, bitmap, false), 0);
    for (next = 0; (next = shadow_harvest(host.shadow, next, 4)) != 0;) {
        ;
    }
    CHECK_EQUAL(shadow_read_used(host.shadow, &data, 1, bitmap), 1);
    host_audit();
    host_end();
}

int main(int argc, char **argv) {
    random_begin(argc, argv);
    test_smallest();
    test_nodes();
    test_quarantine();
    test_refused_references();
    test_accessed_carried();
    test_resize();
    return check_end("pool");
}
