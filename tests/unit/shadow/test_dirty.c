/*
 * test_dirty.c - log-dirty: rules W1 to W7 one by one, each also broken on purpose. (Random guests under a log:
 * test_engine.c.)
 *
 * A faulty version stands in front of one function of the engine (the linker's --wrap), or the host does not tell
 * what it owes; then the audit names S12, or a store has changed a frame that is not in the log.
 */
#include <string.h>

#include "shadow/dirty.h"
#include "shadow/hash.h"
#include "shadow/protect.h"
#include "tests/unit/shadow/host.h"
#include "tests/unit/shadow/mmu.h"

#define L2 8u
#define L1 9u
#define CODE 10u
#define TABLE 11u                /* a second L1 table, which the guest maps at TABLE_LINEAR */
#define ALL (PTE_P | PTE_W | PTE_U)
#define BASE (5u << L2_SHIFT)
#define LINEAR(n) (BASE + (n) * PAGE_SIZE)
#define TABLE_LINEAR LINEAR(20)
#define CODE_LINEAR LINEAR(21)
#define LARGE (7u << L2_SHIFT)   /* frames 1024 on, in one page */

void __real_take_write_right(struct shadow *shadow, mfn_t mfn, struct forget *forget);
void __wrap_take_write_right(struct shadow *shadow, mfn_t mfn, struct forget *forget);
void __real_dirty_fault(struct shadow *shadow, mfn_t mfn);
void __wrap_dirty_fault(struct shadow *shadow, mfn_t mfn);
void __real_forget_now(struct shadow *shadow, const struct forget *forget, uint32_t unknown, uint32_t cause);
void __wrap_forget_now(struct shadow *shadow, const struct forget *forget, uint32_t unknown, uint32_t cause);

static struct {
    bool keep_rights;   /* cleaning takes nothing away */
    bool no_mark;       /* a fault marks nothing */
    bool no_forgetting; /* nobody tells the TLB */
} faulty;

void __wrap_take_write_right(struct shadow *shadow, mfn_t mfn, struct forget *forget) {
    if (!faulty.keep_rights) {
        __real_take_write_right(shadow, mfn, forget);
    }
}

void __wrap_dirty_fault(struct shadow *shadow, mfn_t mfn) {
    if (!faulty.no_mark) {
        __real_dirty_fault(shadow, mfn);
    }
}

void __wrap_forget_now(struct shadow *shadow, const struct forget *forget, uint32_t unknown, uint32_t cause) {
    if (!faulty.no_forgetting) {
        __real_forget_now(shadow, forget, unknown, cause);
    }
}

static uint32_t marks[HOST_FRAMES / 32];

static enum outcome run(uint32_t linear, bool write, struct cpu_user_regs *regs) {
    struct translation translation = {0, false};
    uint32_t error;
    enum outcome outcome = mmu_run(linear, 1, write, regs, &translation, &error);

    if (outcome == ACCESS_DONE && write) {
        host_bytes(translation.frame)[linear % PAGE_SIZE]++;
    }
    return outcome;
}

static void store(uint32_t linear) {
    CHECK(run(linear, true, NULL) == ACCESS_DONE);
}

static bool dirty(uint32_t frame) {
    uint32_t bit;

    return shadow_read_dirty(host.shadow, &(mfn_t){frame}, 1, &bit, false) == 1;
}

/* How many of the machine's frames are dirty; and none is any more. */
static uint32_t clean_all(void) {
    static mfn_t frames[HOST_FRAMES];
    static uint32_t bitmap[HOST_FRAMES / 32];
    uint32_t i;

    for (i = 0; i < HOST_FRAMES; i++) {
        frames[i].n = i;
    }
    return shadow_read_dirty(host.shadow, frames, HOST_FRAMES, bitmap, true);
}

/* Page n of the kernel is frame 64 + n / 2: each frame has two addresses. The guest has used all of it already. */
static void guest_begin(void) {
    uint32_t i;

    memset(&faulty, 0, sizeof(faulty));
    host_begin(SHADOW_POOL_MINIMUM);
    mmu_use_caches(true);
    host_table(L2)[5] = L1 << PAGE_SHIFT | ALL | PTE_A;
    host_table(L2)[6] = TABLE << PAGE_SHIFT | ALL | PTE_A;
    host_table(L2)[7] = 1u << L2_SHIFT | ALL | PTE_A | PTE_D | PTE_PS;
    for (i = 0; i < 20; i++) {
        host_table(L1)[i] = (64 + i / 2) << PAGE_SHIFT | ALL | PTE_A | PTE_D;
    }
    host_table(L1)[20] = TABLE << PAGE_SHIFT | ALL | PTE_A | PTE_D;
    host_table(L1)[21] = CODE << PAGE_SHIFT | ALL | PTE_A;
    host_table(TABLE)[0] = 100u << PAGE_SHIFT | ALL | PTE_A | PTE_D;
    host_load(L2);
}

static void log_begin(void) {
    shadow_log_dirty(host.shadow, marks, HOST_FRAMES);
    CHECK_EQUAL(clean_all(), HOST_FRAMES);
}

static void guest_end(void) {
    host_audit();
    host_end();
}

/* W6: the log begins and ends without taking anything from anybody. */
static void test_begin_and_end(void) {
    struct translation translation;
    uint32_t error;

    guest_begin();
    store(LINEAR(0));
    shadow_log_dirty(host.shadow, marks, HOST_FRAMES);
    CHECK(host.flushes == 0 && mmu_access(LINEAR(0), FAULT_WRITE, &translation, &error) && dirty(64) && dirty(65));
    host_audit();
    CHECK_EQUAL(clean_all(), HOST_FRAMES);
    CHECK(!dirty(64) && !mmu_access(LINEAR(0), FAULT_WRITE, &translation, &error));
    CHECK(mmu_access(LINEAR(0), 0, &translation, &error));
    shadow_log_dirty(host.shadow, NULL, 0);
    store(LINEAR(0));
    guest_end();
}

/* W1, W2: a store marks its frame, whichever address it uses; a load does not (W7), nor what the guest may not do. */
static void test_stores(void) {
    struct translation translation;
    uint32_t error;

    guest_begin();
    log_begin();
    CHECK(run(LINEAR(0), false, NULL) == ACCESS_DONE && run(LINEAR(2), false, NULL) == ACCESS_DONE);
    CHECK(run(LINEAR(30), true, NULL) == ACCESS_FAULT);
    CHECK_EQUAL(clean_all(), 0);
    CHECK_EQUAL(shadow_dirty_faults(host.shadow, false), 0);
    store(LINEAR(0));
    store(LINEAR(1));
    store(LINEAR(0) + 8);
    CHECK(dirty(64) && !dirty(65));
    CHECK_EQUAL(shadow_dirty_faults(host.shadow, true), 1); /* one frame, one fault for its sake */
    host_audit();
    CHECK_EQUAL(clean_all(), 1);
    CHECK(!mmu_access(LINEAR(0), FAULT_WRITE, &translation, &error)); /* both addresses lost it */
    CHECK(!mmu_access(LINEAR(1), FAULT_WRITE, &translation, &error));
    store(LINEAR(1));
    CHECK(dirty(64));
    CHECK_EQUAL(shadow_dirty_faults(host.shadow, false), 1);
    guest_end();

    guest_begin(); /* broken: writable, and no mark */
    log_begin();
    store(LINEAR(0));
    clear_mark(marks, 64);
    host.violations_expected = true;
    CHECK_EQUAL(host_audit_rules(), 1u << RULE_S12);
    set_mark(marks, 64);
    faulty.no_mark = true; /* broken: the fault marks nothing. W1 holds: the store does not get through */
    error = FAULT_WRITE;
    CHECK(shadow_page_fault(host.shadow, LINEAR(2), &error, &(struct cpu_user_regs){0}, false) == SHADOW_RETRY);
    CHECK(!mmu_access(LINEAR(2), FAULT_WRITE, &translation, &error) && !dirty(65));
    guest_end();
}

/* A piece of a 4 MiB page is one frame. */
static void test_large(void) {
    guest_begin();
    log_begin();
    CHECK(run(LARGE + 3 * PAGE_SIZE, false, NULL) == ACCESS_DONE);
    CHECK_EQUAL(clean_all(), 0);
    store(LARGE + 3 * PAGE_SIZE);
    store(LARGE + 5 * PAGE_SIZE);
    CHECK(dirty(1024 + 3) && !dirty(1024 + 4) && dirty(1024 + 5));
    CHECK_EQUAL(clean_all(), 2);
    store(LARGE + 3 * PAGE_SIZE);
    CHECK_EQUAL(clean_all(), 1);
    guest_end();
}

/* W3: accessed and dirty bits are written into tables; a table is written by an instruction that is emulated. */
static void test_tables(void) {
    struct cpu_user_regs regs = {.eip = CODE_LINEAR, .cs = FLAT_RING1_CS, .ds = FLAT_RING1_DS, .es = FLAT_RING1_DS,
                                 .edi = TABLE_LINEAR + 4, .eax = 101u << PAGE_SHIFT | ALL};

    guest_begin();
    memcpy(host_bytes(CODE), "\x89\x07", 2); /* mov %eax, (%edi) */
    CHECK(run(6u << L2_SHIFT, false, NULL) == ACCESS_DONE);
    log_begin();
    CHECK(run(TABLE_LINEAR + 4, true, &regs) == ACCESS_EMULATED);
    CHECK_EQUAL(host_table(TABLE)[1], regs.eax);
    CHECK(dirty(TABLE));
    CHECK_EQUAL(clean_all(), 1);
    CHECK(run((6u << L2_SHIFT) + PAGE_SIZE, false, NULL) == ACCESS_DONE);
    CHECK(host_table(TABLE)[1] & PTE_A);
    CHECK(dirty(TABLE));
    CHECK_EQUAL(clean_all(), 1);
    store((6u << L2_SHIFT) + PAGE_SIZE);
    CHECK(dirty(TABLE) && dirty(101));
    CHECK_EQUAL(clean_all(), 2);
    guest_end();
}

/* A table that is out of sync is a frame like others: after cleaning, its next store faults again. */
static void test_out_of_sync(void) {
    guest_begin();
    CHECK(run(6u << L2_SHIFT, false, NULL) == ACCESS_DONE);
    log_begin();
    store(TABLE_LINEAR + 2048);  /* an instruction that cannot be fetched */
    CHECK_EQUAL(hash_find(host.shadow, KIND_L1, TABLE, 0)->sync, UNSYNCED);
    CHECK(dirty(TABLE));
    host_audit();
    CHECK_EQUAL(clean_all(), 1);
    CHECK_EQUAL(hash_find(host.shadow, KIND_L1, TABLE, 0)->sync, UNSYNCED);
    store(TABLE_LINEAR + 2052);
    CHECK(dirty(TABLE));
    shadow_flush(host.shadow);
    mmu_forget_all();
    CHECK_EQUAL(clean_all(), 1);
    guest_end();
}

/* W3: what the host writes, it tells; broken: it does not. */
static void test_host(void) {
    guest_begin();
    log_begin();
    host_bytes(70)[5] = 1;
    CHECK(!dirty(70)); /* broken: the frame has changed unseen */
    shadow_frame_written(host.shadow, (mfn_t){70});
    CHECK(dirty(70));
    CHECK_EQUAL(shadow_write_entry(host.shadow, (mfn_t){TABLE}, 3, 99u << PAGE_SHIFT, false,
                                   TRACE_WRITE_VIA_mmu_update), 0);
    shadow_note_written(host.shadow, (mfn_t){TABLE});
    CHECK(dirty(TABLE));
    CHECK_EQUAL(clean_all(), 2);
    guest_end();
}

/* W4: what somebody else may write is dirty until that has ended, and once more. */
static void test_held(void) {
    guest_begin();
    log_begin();
    host.frames[80].held = true;
    shadow_note_written(host.shadow, (mfn_t){80});
    CHECK_EQUAL(clean_all(), 1);
    CHECK_EQUAL(clean_all(), 1);
    host_bytes(80)[0] = 1;
    host.frames[80].held = false;
    CHECK_EQUAL(clean_all(), 1);
    CHECK_EQUAL(clean_all(), 0);
    host_bytes(80)[0] = 2;
    CHECK(!dirty(80)); /* broken: somebody writes who does not hold it */
    guest_end();
}

/* How often of 20 times a store went through unseen after the frame was cleaned. */
static uint32_t unseen_stores(bool no_forgetting) {
    struct translation translation;
    uint32_t error, i, unseen = 0;

    for (i = 0; i < 20; i++) {
        guest_begin();
        log_begin();
        store(LINEAR(0));
        faulty.no_forgetting = no_forgetting;
        CHECK_EQUAL(clean_all(), 1);
        unseen += mmu_access(LINEAR(0), FAULT_WRITE, &translation, &error) && !dirty(64);
        guest_end();
    }
    return unseen;
}

/* W5, broken in both halves: the right stays in the TLB, or in the entry, which then holds the frame (W4). */
static void test_cleaning(void) {
    CHECK_EQUAL(unseen_stores(false), 0);
    CHECK(unseen_stores(true) > 0);

    guest_begin();
    log_begin();
    store(LINEAR(0));
    faulty.keep_rights = true;
    CHECK_EQUAL(clean_all(), 1);
    CHECK_EQUAL(clean_all(), 1);
    faulty.keep_rights = false;
    CHECK_EQUAL(clean_all(), 1);
    CHECK_EQUAL(clean_all(), 0);
    guest_end();
}

int main(int argc, char **argv) {
    random_begin(argc, argv);
    test_begin_and_end();
    test_stores();
    test_large();
    test_tables();
    test_out_of_sync();
    test_host();
    test_held();
    test_cleaning();
    return check_end("dirty");
}
