/*
 * test_bad_days.c - guests that do what no guest should, and a host that says no. Each test states what must come of
 * it: the guest gets what hardware would give it, or a fault; the engine's books stay right; nobody else notices.
 */
#include <string.h>

#include "shadow/hash.h"
#include "tests/unit/shadow/host.h"
#include "tests/unit/shadow/mmu.h"

/* Frames: two L2 tables, L1 tables, code, data. */
#define L2 8u
#define OTHER_L2 9u
#define TABLE 16u
#define SECOND 17u        /* the table behind TABLE in linear addresses: a store may cross into it */
#define ALIAS 20u         /* L1 table that maps the first 64 frames */
#define CODE 24u
#define DATA 64u
#define SLOT 0x10u        /* TABLE; SLOT + 1: SECOND */
#define ALIAS_SLOT 0x20u
#define ALL (PTE_P | PTE_W | PTE_U)
#define BASE (SLOT << L2_SHIFT)
#define ALIAS_OF(frame) (ALIAS_SLOT << L2_SHIFT | (frame) << L1_SHIFT)
#define CODE_LINEAR ALIAS_OF(CODE)

static void guest_begin(void) {
    uint32_t i;

    host_begin(32);
    mmu_use_caches(false);
    for (i = 0; i < 64; i++) {
        host_table(TABLE)[i] = (DATA + i) << PAGE_SHIFT | ALL;
        host_table(SECOND)[i] = (DATA + 64 + i) << PAGE_SHIFT | ALL;
        host_table(ALIAS)[i] = i << PAGE_SHIFT | ALL | PTE_A | PTE_D;
    }
    for (i = 0; i < 2; i++) {
        host_table(L2 + i)[SLOT] = TABLE << PAGE_SHIFT | ALL;
        host_table(L2 + i)[SLOT + 1] = SECOND << PAGE_SHIFT | ALL;
        host_table(L2 + i)[ALIAS_SLOT] = ALIAS << PAGE_SHIFT | ALL;
    }
    host_load(L2);
}

static uint32_t page(uint32_t n) {
    return BASE + n * PAGE_SIZE;
}

/* An access at CPL 1 without an instruction. */
static enum outcome run(uint32_t linear, bool write, uint32_t *frame, uint32_t *error) {
    struct translation translation = {0, false};
    enum outcome outcome = mmu_run(linear, 1, write, NULL, &translation, error);

    *frame = translation.frame;
    return outcome;
}

static uint32_t frame_at(uint32_t linear, bool write) {
    uint32_t frame, error;

    CHECK(run(linear, write, &frame, &error) == ACCESS_DONE);
    return frame;
}

/* The kernel stores to linear with this instruction, whose address is in edi and whose value, if it has one, in eax. */
static enum outcome store(const char *code, uint32_t length, uint32_t linear, uint32_t value) {
    struct cpu_user_regs regs = {.eip = CODE_LINEAR, .cs = FLAT_RING1_CS, .ds = FLAT_RING1_DS, .es = FLAT_RING1_DS,
                                 .ss = FLAT_RING1_DS, .eflags = 0x202, .edi = linear, .eax = value,
                                 .ecx = TABLE_ENTRIES};
    struct translation translation;
    uint32_t error;

    memcpy(host_bytes(CODE), code, length);
    return mmu_run(linear, 1, true, &regs, &translation, &error);
}

static bool is_out_of_sync(uint32_t mfn, enum shadow_kind kind) {
    const struct shadow_page *found = hash_find(host.shadow, kind, mfn, 0);

    return found != NULL && found->sync != SYNCED;
}

static void flush(void) {
    shadow_flush(host.shadow);
    mmu_forget_all();
    CHECK_EQUAL(host.shadow->out_of_sync, 0);
    host_audit();
}

/* The work during which a callback fails: accesses, a store, an update, another base pointer, a frame that leaves. */
static uint32_t work(void) {
    uint32_t i, frame, error, faults = 0;
    smfn_t root;
    bool cached;

    for (i = 0; i < 6; i++) {
        enum outcome outcome = run(page(i * 12), i % 2, &frame, &error);

        CHECK(outcome == ACCESS_DONE || outcome == ACCESS_FAULT);
        faults += outcome == ACCESS_FAULT;
    }
    faults += store("\x89\x07", 2, ALIAS_OF(TABLE) + 4 * 12, (DATA + 2) << PAGE_SHIFT | ALL | PTE_A | PTE_D) ==
              ACCESS_FAULT;
    faults += shadow_write_entry(host.shadow, (mfn_t){TABLE}, 24, DATA << PAGE_SHIFT | PTE_P | PTE_A, false,
                                 TRACE_WRITE_VIA_mmu_update) != 0;
    faults += run(ALIAS_OF(SECOND), true, &frame, &error) == ACCESS_FAULT;
    if (shadow_set_base_pointer(host.shadow, (mfn_t){OTHER_L2}, &root, &cached) == 0) {
        host.loaded = root;
    } else {
        CHECK_EQUAL(host.shadow->base.n, L2); /* refused: nothing has changed */
        faults++;
    }
    mmu_forget_all();
    shadow_frame_released(host.shadow, (mfn_t){DATA + 12});
    return faults;
}

/*
 * The n-th callback of a kind fails, for every n that the work reaches. The guest gets a fault, or an error of its
 * hypercall, once at most; after that everything can be had again, and the books are right.
 */
static void test_callbacks_fail(void) {
    uint32_t *const kinds[] = {&host.refuse_reference, &host.refuse_frame, &host.refuse_ownership};
    uint32_t kind, n, i, failed[3] = {0};

    for (kind = 0; kind < 3; kind++) {
        for (n = 1; n < 200; n++) {
            uint32_t faults;

            guest_begin();
            *kinds[kind] = n;
            faults = work();
            CHECK(faults <= 1);
            failed[kind] += faults;
            if (*kinds[kind] != 0) { /* the work has fewer callbacks */
                *kinds[kind] = 0;
                host_end();
                break;
            }
            flush();
            for (i = 0; i < 6; i++) {
                CHECK_EQUAL(frame_at(page(i * 12 + 1), true), DATA + i * 12 + 1);
            }
            host_audit();
            host_end();
        }
        CHECK(n > 5 && n < 200 && failed[kind] > 3);
    }
}

/* An audit takes one reference more, to see whether it can be had. */
static void audit_at_limit(void) {
    host.reference_limit++;
    host_audit();
    host.reference_limit--;
}

/*
 * A frame can be referred to so many times, and no more. The mapping too many is a fault of the guest (not present: no
 * reference for reading can be had either), the others stay, and where one goes there is room for one.
 */
static void test_reference_limit(void) {
    uint32_t i, frame, error;

    guest_begin();
    host.reference_limit = 3;
    for (i = 0; i < 6; i++) {
        host_table(TABLE)[i] = DATA << PAGE_SHIFT | ALL;
    }
    for (i = 0; i < 3; i++) {
        CHECK_EQUAL(frame_at(page(i), true), DATA);
    }
    CHECK(run(page(3), true, &frame, &error) == ACCESS_FAULT && error == FAULT_WRITE);
    CHECK(run(page(4), false, &frame, &error) == ACCESS_FAULT && error == 0);
    CHECK_EQUAL(frame_at(page(1), true), DATA);
    audit_at_limit();
    CHECK(shadow_write_entry(host.shadow, (mfn_t){TABLE}, 2, 0, false, TRACE_WRITE_VIA_mmu_update) == 0);
    host.reference_limit++;
    flush();
    host.reference_limit--;
    CHECK_EQUAL(frame_at(page(4), false), DATA);
    /* read-only becomes writable: for a moment both would be needed, so it is refused, and reading goes on */
    CHECK(run(page(4), true, &frame, &error) == ACCESS_FAULT);
    CHECK_EQUAL(frame_at(page(4), false), DATA);
    CHECK_EQUAL(host.frames[DATA].read_references + host.frames[DATA].write_references, 3);
    audit_at_limit();
    host_end();
}

/*
 * Every table is mapped writable and dirty, for the user too, at two addresses. None of those in sync can be written by
 * the processor; a store of the kernel is carried out, one of the user puts the table out of sync.
 */
static void test_tables_writable_everywhere(void) {
    static const uint32_t tables[] = {L2, TABLE, SECOND, ALIAS};
    struct translation translation;
    uint32_t i, k, error;

    guest_begin();
    host_table(L2)[ALIAS_SLOT + 1] = ALIAS << PAGE_SHIFT | ALL;
    (void)frame_at(page(0), true);
    (void)frame_at(page(TABLE_ENTRIES), true);
    for (i = 0; i < 4; i++) {
        for (k = 0; k < 2; k++) {
            uint32_t linear = ALIAS_OF(tables[i]) + (k << L2_SHIFT);

            CHECK_EQUAL(frame_at(linear, false), tables[i]);
            CHECK(!mmu_access(linear, FAULT_WRITE, &translation, &error));
            CHECK(store("\x89\x07", 2, linear + 4 * 900, 0x12345000) == ACCESS_EMULATED);
            CHECK_EQUAL(host_table(tables[i])[900], 0x12345000);
            CHECK(!mmu_access(linear, FAULT_WRITE, &translation, &error));
        }
    }
    CHECK_EQUAL(host.shadow->out_of_sync, 0);
    host_audit();
    CHECK(mmu_run(ALIAS_OF(TABLE), 3, true, NULL, &translation, &error) == ACCESS_DONE && translation.frame == TABLE);
    CHECK(is_out_of_sync(TABLE, KIND_L1));
    CHECK(!mmu_access(ALIAS_OF(SECOND), FAULT_WRITE | FAULT_USER, &translation, &error)); /* only that one */
    flush();
    (void)frame_at(page(0), true); /* it serves as a table again, so it is protected again */
    CHECK(!mmu_access(ALIAS_OF(TABLE), FAULT_WRITE | FAULT_USER, &translation, &error));
    host_audit();
    host_end();
}

/*
 * A store of 16 bytes is not emulated: the table is out of sync until the guest flushes, then all four entries count.
 * One that is not aligned changes two entries, and both changes are seen at once. One that crosses from one table into
 * another puts both out of sync, one after the other.
 */
static void test_wide_and_misaligned(void) {
    uint32_t i, frame, error, linear = ALIAS_OF(TABLE);

    guest_begin();
    for (i = 0; i < 4; i++) {
        (void)frame_at(page(i), true);
    }
    (void)frame_at(page(TABLE_ENTRIES), true);
    CHECK(store("\x0f\x11\x07", 3, linear, 0) == ACCESS_DONE && is_out_of_sync(TABLE, KIND_L1)); /* MOVUPS */
    for (i = 0; i < 4; i++) {
        host_table(TABLE)[i] = (DATA + 50) << PAGE_SHIFT | ALL; /* what it did */
        CHECK_EQUAL(frame_at(page(i), true), DATA + i);         /* as a TLB would still have it */
    }
    flush();
    for (i = 0; i < 4; i++) {
        CHECK_EQUAL(frame_at(page(i), true), DATA + 50);
    }
    /* bytes 2 to 5: both entries lose their low or high half */
    CHECK(store("\x89\x07", 2, linear + 2, 0) == ACCESS_EMULATED);
    CHECK(host_table(TABLE)[0] >> 16 == 0 && (host_table(TABLE)[1] & 0xffff) == 0);
    host_audit();
    CHECK(run(page(1), false, &frame, &error) == ACCESS_FAULT && error == 0);
    /* the last two bytes of one table and the first two of the next */
    linear += PAGE_SIZE - 2;
    CHECK(store("\x89\x07", 2, linear, 0) == ACCESS_DONE && is_out_of_sync(TABLE, KIND_L1));
    CHECK(store("\x89\x07", 2, linear + 2, 0) == ACCESS_EMULATED || is_out_of_sync(SECOND, KIND_L1));
    flush();
    host_end();
}

/*
 * The loaded directory is cleared and filled with data, by a string instruction. It runs by itself; until the guest
 * flushes, old translations may be used; then what the data says counts, which are no tables: faults. The hypervisor's
 * slots are as they were, and the root stays loaded.
 */
static void test_loaded_directory_becomes_data(void) {
    uint32_t i, frame, error, root = host.loaded.n;
    const pte_t *entries;

    guest_begin();
    root = host.loaded.n;
    entries = (const pte_t *)(host.pool + (root - HOST_POOL_FIRST) * PAGE_SIZE);
    (void)frame_at(page(3), true);
    CHECK(store("\xf3\xab", 2, ALIAS_OF(L2), 0) == ACCESS_DONE && is_out_of_sync(L2, KIND_L2));
    for (i = 0; i < TABLE_ENTRIES; i++) {
        host_table(L2)[i] = 0x6e6f7400 + i; /* half of it looks present, a quarter large; no such frame */
    }
    CHECK_EQUAL(frame_at(page(3), true), DATA + 3);
    host_audit();
    flush();
    for (i = 0; i < HYPERVISOR_L2_FIRST; i++) {
        CHECK(run(i << L2_SHIFT, true, &frame, &error) == ACCESS_FAULT);
    }
    for (i = HYPERVISOR_L2_FIRST; i < TABLE_ENTRIES; i++) {
        CHECK_EQUAL(entries[i], HOST_SLOT_MARK);
    }
    CHECK(host.loaded.n == root && !host.dead);
    host_load(OTHER_L2);
    CHECK_EQUAL(frame_at(page(3), true), DATA + 3);
    host_audit();
    host_end();
}

/*
 * An L2 entry that names its own table: the directory is seen as an L1 table, at every depth. A store through it to the
 * very entry that makes it visible is carried out, and takes it away.
 */
static void test_directory_maps_itself(void) {
    uint32_t frame, error, self = 0x30u, linear = self << L2_SHIFT | self << L1_SHIFT;

    guest_begin();
    host_table(L2)[self] = L2 << PAGE_SHIFT | ALL;
    CHECK_EQUAL(frame_at(self << L2_SHIFT | SLOT << L1_SHIFT, false), TABLE);
    CHECK_EQUAL(frame_at(linear, false), L2);
    (void)frame_at(page(3), true);
    host_audit();
    CHECK(store("\x89\x07", 2, linear + SLOT * 4, SECOND << PAGE_SHIFT | ALL) == ACCESS_EMULATED);
    CHECK_EQUAL(frame_at(page(3), true), DATA + 64 + 3);
    host_audit();
    CHECK(store("\x89\x07", 2, linear + self * 4, 0) == ACCESS_EMULATED);
    CHECK_EQUAL(host_table(L2)[self], 0);
    CHECK(run(linear, false, &frame, &error) == ACCESS_FAULT && error == 0);
    CHECK_EQUAL(frame_at(page(3), true), DATA + 64 + 3);
    host_audit();
    host_end();
}

/*
 * Tables in another domain's memory: as good as not present (G1), whatever is in them, and they are neither read nor
 * marked. A base pointer there is refused, and nothing has changed.
 */
static void test_table_of_another_domain(void) {
    static const uint32_t foreign = 48;
    uint32_t frame, error, i;
    smfn_t root;
    bool cached;

    guest_begin();
    for (i = 0; i < TABLE_ENTRIES; i++) {
        host_table(foreign)[i] = (DATA + 1) << PAGE_SHIFT | ALL;
    }
    host.frames[foreign].ownership = FOREIGN;
    host_table(L2)[SLOT + 2] = foreign << PAGE_SHIFT | ALL;
    for (i = 0; i < 2; i++) {
        CHECK(run((SLOT + 2) << L2_SHIFT, i, &frame, &error) == ACCESS_FAULT && error == (i ? FAULT_WRITE : 0));
    }
    CHECK(run(ALIAS_OF(foreign), false, &frame, &error) == ACCESS_FAULT && error == 0);
    CHECK(shadow_write_entry(host.shadow, (mfn_t){foreign}, 0, 0, false, TRACE_WRITE_VIA_mmu_update) != 0);
    CHECK(shadow_set_base_pointer(host.shadow, (mfn_t){foreign}, &root, &cached) != 0);
    CHECK_EQUAL(host.shadow->base.n, L2);
    for (i = 0; i < TABLE_ENTRIES; i++) {
        CHECK_EQUAL(host_table(foreign)[i], (DATA + 1) << PAGE_SHIFT | ALL);
    }
    CHECK_EQUAL(frame_at(page(3), true), DATA + 3);
    host_audit();
    host_end();
}

int main(int argc, char **argv) {
    random_begin(argc, argv);
    test_callbacks_fail();
    test_reference_limit();
    test_tables_writable_everywhere();
    test_wide_and_misaligned();
    test_loaded_directory_becomes_data();
    test_directory_maps_itself();
    test_table_of_another_domain();
    return check_end("bad_days");
}
