/*
 * test_basic.c - one step at a time: fill, write-back, reverse map, protection, splintering, out of sync, release,
 * explicit updates, hypervisor's writes.
 */
#include <string.h>

#include "shadow/rmap.h"
#include "tests/unit/shadow/host.h"
#include "tests/unit/shadow/mmu.h"

/* A guest's memory: L2 in frame 8, one L1 in 9 at slot 0x300, data from 64, code in 10. */
#define L2 8u
#define L1 9u
#define CODE 10u
#define SLOT 0x300u
#define BASE (SLOT << L2_SHIFT)
#define ALL (PTE_P | PTE_W | PTE_U)

static void guest_begin(void) {
    host_begin(32);
    mmu_use_caches(true);
    host_table(L2)[SLOT] = L1 << PAGE_SHIFT | ALL;
    CHECK(!host_load(L2));
}

/* Map page number n of the slot to frame. */
static uint32_t map(uint32_t n, uint32_t frame, pte_t rights) {
    host_table(L1)[n] = frame << PAGE_SHIFT | rights;
    return BASE + n * PAGE_SIZE;
}

static enum outcome run(uint32_t linear, uint32_t cpl, bool write, uint32_t *frame) {
    struct translation translation = {0, false};
    uint32_t error;
    enum outcome outcome = mmu_run(linear, cpl, write, NULL, &translation, &error);

    *frame = translation.frame;
    return outcome;
}

/* Accessed and dirty appear when, and only when, the access asks for them. */
static void test_write_back(void) {
    uint32_t frame, linear;

    guest_begin();
    linear = map(1, 64, ALL);
    CHECK(run(linear, 3, false, &frame) == ACCESS_DONE && frame == 64);
    CHECK_EQUAL(host_last_path(), TRACE_FAULT_PATH_fill_l2 | TRACE_FAULT_PATH_fill_l1 | TRACE_FAULT_PATH_set_accessed);
    CHECK_EQUAL(host_table(L1)[1], 64u << PAGE_SHIFT | ALL | PTE_A);
    CHECK_EQUAL(host_table(L2)[SLOT], L1 << PAGE_SHIFT | ALL | PTE_A);
    CHECK(run(linear, 3, true, &frame) == ACCESS_DONE && frame == 64);
    CHECK_EQUAL(host_last_path(), TRACE_FAULT_PATH_fill_l1 | TRACE_FAULT_PATH_set_dirty);
    CHECK_EQUAL(host_table(L1)[1], 64u << PAGE_SHIFT | ALL | PTE_A | PTE_D);
    CHECK_EQUAL(host_table(L2)[SLOT], L1 << PAGE_SHIFT | ALL | PTE_A);
    CHECK_EQUAL(host.shadow->counters[TRACE_COUNTER_writebacks], 3);
    CHECK_EQUAL(host.flushes, 0); /* more permission needs no flush */
    host_audit();
    host_end();
}

/* Every writable mapping of a frame is in the reverse map, and no other. */
static void test_reverse_map(void) {
    uint32_t i, frame, node, seen = 0;

    guest_begin();
    for (i = 0; i < 40; i++) {
        uint32_t linear = map(i, 70 + i % 4, i % 5 == 0 ? PTE_P : ALL);

        CHECK(run(linear, 1, i % 5 != 0, &frame) == ACCESS_DONE && frame == 70 + i % 4);
    }
    for (frame = 70; frame < 74; frame++) {
        for (node = rmap_first(host.shadow, frame); node != NONE;
             node = rmap_next(host.shadow, frame, host.shadow->nodes[node].next)) {
            uint32_t location = host.shadow->nodes[node].location;

            CHECK(page_table(host.shadow,
                             location_page(host.shadow, location))[location_entry(location)] >> PAGE_SHIFT == frame);
            seen++;
        }
    }
    CHECK_EQUAL(seen, 32);
    CHECK_EQUAL(host.shadow->counters[TRACE_COUNTER_rmap_entries_high_water], 33); /* and one link */
    host_audit();
    host_end();
}

/* A frame that becomes a table loses its writable mappings, at every linear address, and the TLB forgets them. */
static void test_protect(void) {
    uint32_t frame, first, second, error;
    struct translation translation;

    guest_begin();
    first = map(1, 20, ALL);
    second = map(2, 20, ALL);
    CHECK(run(first, 1, true, &frame) == ACCESS_DONE && run(second, 1, true, &frame) == ACCESS_DONE);
    host_table(20)[0] = 65u << PAGE_SHIFT | ALL;
    host_table(L2)[SLOT + 1] = 20u << PAGE_SHIFT | ALL;
    CHECK(run((SLOT + 1) << L2_SHIFT, 1, false, &frame) == ACCESS_DONE && frame == 65);
    CHECK_EQUAL(host.full_flushes, 1); /* two pages: everything */
    CHECK_EQUAL(host.last_cause, TRACE_CAUSE_write_protect);
    CHECK(!mmu_access(first, FAULT_WRITE, &translation, &error));
    CHECK(!mmu_access(second, FAULT_WRITE, &translation, &error));
    CHECK(mmu_access(second, 0, &translation, &error));
    host_audit();
    host_end();

    guest_begin(); /* the same with one mapping: one page is forgotten */
    first = map(1, 20, ALL);
    CHECK(run(first, 1, true, &frame) == ACCESS_DONE);
    host_table(L2)[SLOT + 1] = 20u << PAGE_SHIFT | ALL;
    host_table(20)[0] = 65u << PAGE_SHIFT | ALL;
    CHECK(run((SLOT + 1) << L2_SHIFT, 1, false, &frame) == ACCESS_DONE);
    CHECK(host.full_flushes == 0 && host.page_flushes == 1 && host.last_linear == first);
    CHECK(!mmu_access(first, FAULT_WRITE, &translation, &error));
    host_audit();
    host_end();
}

/* A 4 MiB page of which one frame is not the domain's comes in pieces; dirty is in the large entry; one invlpg forgets all the pieces. */
static void test_splinter(void) {
    uint32_t frame, linear = 5u << L2_SHIFT;
    struct translation translation;
    uint32_t error;

    guest_begin();
    host.frames[2047].ownership = FOREIGN;
    host_table(L2)[5] = 1u << L2_SHIFT | ALL | PTE_PS;
    CHECK(run(linear + 7 * PAGE_SIZE, 3, false, &frame) == ACCESS_DONE && frame == 1024 + 7);
    CHECK_EQUAL(host_table(L2)[5], 1u << L2_SHIFT | ALL | PTE_PS | PTE_A);
    CHECK(run(linear + 8 * PAGE_SIZE, 3, true, &frame) == ACCESS_DONE && frame == 1024 + 8);
    CHECK_EQUAL(host_table(L2)[5], 1u << L2_SHIFT | ALL | PTE_PS | PTE_A | PTE_D);
    CHECK(run(linear + 9 * PAGE_SIZE, 3, true, &frame) == ACCESS_DONE);
    CHECK_EQUAL(host.shadow->counters[TRACE_COUNTER_splinters], 1);
    host_audit();
    CHECK_EQUAL(shadow_write_entry(host.shadow, (mfn_t){L2}, 5, 0, false, TRACE_WRITE_VIA_mmu_update), 0);
    CHECK_EQUAL(host.flushes, 0); /* F1: the guest has not flushed yet */
    shadow_invlpg(host.shadow, linear + 7 * PAGE_SIZE);
    mmu_forget_page(linear + 7 * PAGE_SIZE);
    CHECK(!mmu_access(linear + 8 * PAGE_SIZE, 0, &translation, &error));
    CHECK(!mmu_access(linear + 9 * PAGE_SIZE, 0, &translation, &error));
    CHECK_EQUAL(host.full_flushes, 1);
    host_table(L2)[5] = 1u << L2_SHIFT | 0x2000 | ALL | PTE_PS; /* a reserved bit */
    CHECK(mmu_run(linear, 3, true, NULL, &translation, &error) == ACCESS_FAULT);
    CHECK_EQUAL(error, FAULT_PRESENT | FAULT_WRITE | FAULT_USER | FAULT_RESERVED);
    host_audit();
    host_end();
}

/*
 * A write that is not emulated puts the table out of sync until the next flush event, also the root, also through
 * itself.
 */
static void test_out_of_sync(void) {
    uint32_t frame, self = SLOT + 1, linear;

    guest_begin();
    map(1, 64, ALL);
    host_table(L2)[self] = L2 << PAGE_SHIFT | ALL; /* the L2 table maps itself: a linear page table */
    linear = self << L2_SHIFT | self << L1_SHIFT;  /* the L2 table at the linear address that this gives */
    CHECK(run(BASE + PAGE_SIZE, 1, true, &frame) == ACCESS_DONE);
    CHECK(run(linear, 1, false, &frame) == ACCESS_DONE && frame == L2);
    host_audit();
    CHECK(run(linear, 1, true, &frame) == ACCESS_DONE && frame == L2);
    CHECK_EQUAL(host.shadow->out_of_sync, 2); /* as L1 and as L2 */
    host_table(L2)[SLOT] = 0; /* what the instruction did */
    host_audit();
    CHECK(run(BASE + PAGE_SIZE, 1, true, &frame) == ACCESS_DONE); /* as a TLB would still have it */
    shadow_invlpg(host.shadow, BASE + PAGE_SIZE);
    mmu_forget_page(BASE + PAGE_SIZE);
    host_audit();
    CHECK(run(BASE + PAGE_SIZE, 1, true, &frame) == ACCESS_FAULT); /* one address is forgotten, */
    shadow_flush(host.shadow);
    mmu_forget_all();
    CHECK_EQUAL(host.shadow->out_of_sync, 0);                      /* here everything */
    CHECK(run(linear, 3, true, &frame) == ACCESS_DONE); /* and a user-mode write is never emulated */
    CHECK_EQUAL(host.shadow->out_of_sync, 2);
    shadow_flush(host.shadow);
    mmu_forget_all();
    host_audit();
    host_end();
}

/*
 * What an out-of-sync table's shadow still gives is good for the addresses under which the table was reached; at a
 * new address it would be a translation that no TLB can hold.
 */
static void test_out_of_sync_elsewhere(void) {
    uint32_t frame, error, there = (SLOT + 2) << L2_SHIFT;
    struct translation translation;

    guest_begin();
    map(1, 64, ALL);
    map(2, 65, ALL);
    map(3, L1, ALL);
    CHECK(run(BASE + 1 * PAGE_SIZE, 3, true, &frame) == ACCESS_DONE && run(BASE + 2 * PAGE_SIZE, 3, true, &frame) ==
          ACCESS_DONE);
    CHECK(run(BASE + 3 * PAGE_SIZE, 3, true, &frame) == ACCESS_DONE && host.shadow->out_of_sync == 1);
    host_table(L1)[2] = 0; /* what the instruction did */
    CHECK(mmu_access(BASE + 2 * PAGE_SIZE, 0, &translation, &error)); /* here it may live on */
    CHECK_EQUAL(shadow_write_entry(host.shadow, (mfn_t){L2}, SLOT + 2, L1 << PAGE_SHIFT | ALL, false,
                                   TRACE_WRITE_VIA_mmu_update), 0);
    CHECK(run(there + 1 * PAGE_SIZE, 3, false, &frame) == ACCESS_DONE && frame == 64);
    CHECK(!mmu_access(there + 2 * PAGE_SIZE, 0, &translation, &error));
    host_audit();
    host_end();
}

/* A fault where everything is there already: a TLB remembered less. It is counted, and nothing happens. */
static void test_spurious(void) {
    uint32_t frame, linear, error = FAULT_PRESENT | FAULT_WRITE;
    struct cpu_user_regs regs = {.cs = FLAT_RING1_CS};

    guest_begin();
    linear = map(1, 64, ALL);
    CHECK(run(linear, 1, true, &frame) == ACCESS_DONE);
    CHECK(shadow_page_fault(host.shadow, linear, &error, &regs, false) == SHADOW_RETRY);
    CHECK_EQUAL(shadow_counter(host.shadow, TRACE_COUNTER_spurious), 1);
    CHECK_EQUAL(host_last_path(), TRACE_FAULT_PATH_spurious);
    host_audit();
    host_end();
}

/* A frame that leaves the domain is not reachable from then on. */
static void test_release(void) {
    uint32_t frame, error, writable, readable;
    struct translation translation;

    guest_begin();
    writable = map(1, 64, ALL);
    readable = map(2, 64, PTE_P);
    CHECK(run(writable, 1, true, &frame) == ACCESS_DONE && run(readable, 1, false, &frame) == ACCESS_DONE);
    shadow_frame_released(host.shadow, (mfn_t){64});
    CHECK(host.frames[64].read_references == 0 && host.frames[64].write_references == 0);
    CHECK(!mmu_access(writable, 0, &translation, &error) && !mmu_access(readable, 0, &translation, &error));
    host.frames[64].ownership = FOREIGN;
    CHECK(mmu_run(readable, 1, false, NULL, &translation, &error) == ACCESS_FAULT && error == 0); /* G1 */
    host_audit();
    /* unmapped by the guest without a flush, then released: the TLB must not keep it either */
    writable = map(3, 66, ALL);
    CHECK(run(writable, 1, true, &frame) == ACCESS_DONE);
    CHECK_EQUAL(shadow_write_entry(host.shadow, (mfn_t){L1}, 3, 0, false, TRACE_WRITE_VIA_mmu_update), 0);
    shadow_frame_released(host.shadow, (mfn_t){66});
    CHECK(!mmu_access(writable, 0, &translation, &error));
    /* the base pointer itself */
    CHECK(!host.dead);
    shadow_frame_released(host.shadow, (mfn_t){L2});
    CHECK(host.dead);
    host.loaded.n = 0;
    host_end();
}

/* Read access only: a write is the guest's protection fault, a read works whatever the entry says (G2). */
static void test_granted_read(void) {
    uint32_t frame, linear, error;
    struct translation translation;

    guest_begin();
    host.frames[64].ownership = GRANTED_READ;
    linear = map(1, 64, ALL | PTE_D);
    CHECK(run(linear, 3, false, &frame) == ACCESS_DONE && frame == 64);
    CHECK(mmu_run(linear, 3, true, NULL, &translation, &error) == ACCESS_FAULT);
    CHECK_EQUAL(error, FAULT_PRESENT | FAULT_WRITE | FAULT_USER);
    host_audit();
    host_end();
}

/* Explicit updates: old accessed and dirty bits are kept when asked for; bad arguments change nothing. */
static void test_explicit(void) {
    uint32_t frame, linear;

    guest_begin();
    linear = map(1, 64, ALL);
    CHECK(run(linear, 1, true, &frame) == ACCESS_DONE);
    CHECK_EQUAL(shadow_write_entry(host.shadow, (mfn_t){L1}, 1, 65u << PAGE_SHIFT | ALL, true,
                                   TRACE_WRITE_VIA_mmu_update), 0);
    CHECK_EQUAL(host_table(L1)[1], 65u << PAGE_SHIFT | ALL | PTE_A | PTE_D);
    shadow_invlpg(host.shadow, linear);
    mmu_forget_page(linear);
    CHECK(run(linear, 1, true, &frame) == ACCESS_DONE && frame == 65);
    CHECK(shadow_write_entry(host.shadow, (mfn_t){L1}, TABLE_ENTRIES, 0, false, TRACE_WRITE_VIA_mmu_update) != 0);
    CHECK(shadow_write_entry(host.shadow, (mfn_t){HOST_POOL_FIRST}, 0, 0, false, TRACE_WRITE_VIA_mmu_update) != 0);
    CHECK(shadow_guest_l1e(host.shadow, linear) == host_table(L1)[1]);
    CHECK(shadow_guest_l1e(host.shadow, BASE + 99 * PAGE_SIZE) == 0);
    host_audit();
    host_end();
}

/* An entry is cleared when it maps what is expected, whatever its other flags; else nothing changes. */
static void test_clear(void) {
    const pte_t expected = 64u << PAGE_SHIFT | PTE_P | PTE_W;
    const pte_t others[] = { 65u << PAGE_SHIFT | PTE_P | PTE_W, 64u << PAGE_SHIFT | PTE_P, 64u << PAGE_SHIFT | PTE_W, 0 };
    uint32_t frame, linear, error;
    struct translation translation;

    guest_begin();
    linear = map(1, 64, ALL | PTE_D);
    CHECK(run(linear, 1, true, &frame) == ACCESS_DONE && frame == 64);
    pte_t entry = host_table(L1)[1];

    for (uint32_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        CHECK(shadow_clear_entry(host.shadow, (mfn_t){L1}, 1, others[i], TRACE_WRITE_VIA_update_va_mapping) != 0);
        CHECK_EQUAL(host_table(L1)[1], entry);
    }
    CHECK(shadow_clear_entry(host.shadow, (mfn_t){L1}, TABLE_ENTRIES, 0, TRACE_WRITE_VIA_update_va_mapping) != 0);
    CHECK(shadow_clear_entry(host.shadow, (mfn_t){HOST_POOL_FIRST}, 0, 0, TRACE_WRITE_VIA_update_va_mapping) != 0);
    CHECK_EQUAL(shadow_clear_entry(host.shadow, (mfn_t){L1}, 1, expected, TRACE_WRITE_VIA_update_va_mapping), 0);
    CHECK_EQUAL(host_table(L1)[1], 0);
    shadow_flush(host.shadow);
    mmu_forget_all();
    CHECK(mmu_run(linear, 1, false, NULL, &translation, &error) == ACCESS_FAULT);
    host_audit();
    host_end();
}

/* The hypervisor writes a guest's tables: through guest addresses (a fault of its own) and by itself. */
static void test_hypervisor_writes(void) {
    uint32_t frame, linear, error;
    struct translation translation;

    guest_begin();
    linear = map(1, L1, ALL);
    map(2, 64, ALL);
    CHECK(run(BASE + 2 * PAGE_SIZE, 1, true, &frame) == ACCESS_DONE);
    CHECK(run(linear, 0, true, &frame) == ACCESS_DONE && frame == L1);
    CHECK_EQUAL(host.shadow->out_of_sync, 1);
    shadow_flush(host.shadow);
    mmu_forget_all();
    CHECK(run(BASE + 2 * PAGE_SIZE, 1, true, &frame) == ACCESS_DONE);
    host_table(L1)[2] = 0;
    shadow_frame_written(host.shadow, (mfn_t){L1});
    shadow_invlpg(host.shadow, BASE + 2 * PAGE_SIZE);
    mmu_forget_page(BASE + 2 * PAGE_SIZE);
    CHECK(!mmu_access(BASE + 2 * PAGE_SIZE, 0, &translation, &error));
    host_audit();
    host_end();
}

int main(int argc, char **argv) {
    random_begin(argc, argv);
    test_write_back();
    test_reverse_map();
    test_protect();
    test_splinter();
    test_out_of_sync();
    test_out_of_sync_elsewhere();
    test_spurious();
    test_release();
    test_granted_read();
    test_explicit();
    test_clear();
    test_hypervisor_writes();
    return check_end("basic");
}
