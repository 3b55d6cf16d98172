/*
 * test_sample.c - working-set sampling: rules A1 to A5 one by one, those that can be broken also broken on purpose.
 * (Random guests under samples: test_engine.c.)
 */
#include <string.h>

#include "shadow/flush.h"
#include "shadow/hash.h"
#include "shadow/sample.h"
#include "tests/unit/shadow/host.h"
#include "tests/unit/shadow/mmu.h"

#define L2 8u
#define L1 9u
#define CODE 10u
#define TABLE 11u
#define ALL (PTE_P | PTE_W | PTE_U)
#define LINEAR(n) ((5u << L2_SHIFT) + (n) * PAGE_SIZE)
#define PAGES 40u

void __real_flush_everything(struct shadow *shadow, uint32_t cause);
void __wrap_flush_everything(struct shadow *shadow, uint32_t cause);

static bool no_forgetting;   /* the fault that is put in */

void __wrap_flush_everything(struct shadow *shadow, uint32_t cause) {
    if (!no_forgetting) {
        __real_flush_everything(shadow, cause);
    }
}

static uint32_t marks[HOST_FRAMES / 32];

static enum outcome run(uint32_t linear, bool write, struct cpu_user_regs *regs) {
    return mmu_run(linear, 1, write, regs, &(struct translation){0, false}, &(uint32_t){0});
}

static void touch(uint32_t n) {
    CHECK(run(LINEAR(n), false, NULL) == ACCESS_DONE);
}

static void harvest(void) {
    uint32_t next = 0;

    while ((next = shadow_harvest(host.shadow, next, 1)) != 0) {
        ;
    }
}

static bool used(uint32_t frame) {
    uint32_t bit;

    harvest();
    return shadow_read_used(host.shadow, &(mfn_t){frame}, 1, &bit) == 1;
}

static void clear(uint32_t frame) {
    harvest();
    shadow_forget_used(host.shadow, &(mfn_t){frame}, 1);
}

/* Page n is frame 64 + n. */
static void guest_begin(void) {
    uint32_t i;

    no_forgetting = false;
    host_begin(SHADOW_POOL_MINIMUM);
    mmu_use_caches(true);
    host_table(L2)[5] = L1 << PAGE_SHIFT | ALL;
    host_table(L2)[6] = TABLE << PAGE_SHIFT | ALL;
    host_table(L2)[7] = 1u << L2_SHIFT | ALL | PTE_PS;
    for (i = 0; i < PAGES; i++) {
        host_table(L1)[i] = (64 + i) << PAGE_SHIFT | ALL;
    }
    host_table(L1)[PAGES] = TABLE << PAGE_SHIFT | ALL;
    host_table(L1)[PAGES + 1] = CODE << PAGE_SHIFT | ALL;
    host_load(L2);
    for (i = 0; i < PAGES; i++) {
        touch(i);
    }
    shadow_sample(host.shadow, marks, HOST_FRAMES);
}

static void guest_end(void) {
    shadow_sample(host.shadow, NULL, 0);
    host_audit();
    host_end();
}

/* A1, and what the guest sees of its own accessed bits: nothing changes. */
static void test_came_back(void) {
    static pte_t before[TABLE_ENTRIES];
    uint32_t i;

    guest_begin();
    memcpy(before, host_table(L1), sizeof(before));
    for (i = 0; i < PAGES; i++) {
        CHECK(used(64 + i)); /* before anything was cleared */
    }
    for (i = 0; i < PAGES; i++) {
        clear(64 + i);
    }
    for (i = 0; i < PAGES; i += 3) {
        touch(i);
    }
    for (i = 0; i < PAGES; i++) {
        CHECK(used(64 + i) == (i % 3 == 0));
        CHECK(used(64 + i) == (i % 3 == 0)); /* looking changes nothing */
    }
    clear(64 + 3); /* one, and not its neighbours */
    CHECK(!used(64 + 3) && used(64) && used(64 + 6));
    CHECK_EQUAL(memcmp(before, host_table(L1), sizeof(before)), 0);
    CHECK_EQUAL(host.last_cause, TRACE_CAUSE_sampling);
    guest_end();
}

/* A piece of a 4 MiB page. */
static void test_large(void) {
    guest_begin();
    CHECK(run((7u << L2_SHIFT) + 9 * PAGE_SIZE, true, NULL) == ACCESS_DONE);
    CHECK(used(1024 + 9) && !used(1024 + 8));
    clear(1024 + 9);
    CHECK(!used(1024 + 9));
    guest_end();
}

/* A2: entries that go. */
static void test_gone(void) {
    guest_begin();
    clear(64 + 1);
    clear(64 + 2);
    clear(64 + 3);
    touch(1);
    touch(2);
    host_table(L1)[1] = 0; /* the guest unmaps it; it clears its own accessed bit; an entry that was not used goes too */
    host_table(L1)[2] &= ~PTE_A;
    host_table(L1)[3] = 0;
    shadow_frame_written(host.shadow, (mfn_t){L1});
    CHECK(used(64 + 1) && used(64 + 2) && !used(64 + 3));
    clear(64 + 4);
    touch(4);
    shadow_unpin(host.shadow, (mfn_t){L1}); /* as when it is reclaimed */
    CHECK(hash_find(host.shadow, KIND_L1, L1, 0) == NULL && used(64 + 4));
    guest_end();

    guest_begin(); /* broken: the bit goes and leaves no mark */
    clear(64 + 4);
    touch(4);
    page_table(host.shadow, hash_find(host.shadow, KIND_L1, L1, 0))[4] &= ~PTE_A;
    shadow_unpin(host.shadow, (mfn_t){L1});
    CHECK(!used(64 + 4));
    guest_end();
}

/* How often of 20 times a page was used unseen after it was cleared; unmapped: by what a TLB may still hold of it. */
static uint32_t unseen(bool broken, bool unmapped) {
    struct translation translation;
    uint32_t error, i, found = 0;

    for (i = 0; i < 20; i++) {
        guest_begin();
        clear(64 + 1);
        touch(1);
        if (unmapped) {
            host_table(L1)[1] = 0;
            shadow_frame_written(host.shadow, (mfn_t){L1});
            harvest();
        }
        no_forgetting = broken;
        clear(64 + 1);
        no_forgetting = false;
        found += mmu_access(LINEAR(1), 0, &translation, &error) && !used(64 + 1);
        guest_end();
    }
    return found;
}

/* A3, also broken. */
static void test_forgetting(void) {
    CHECK_EQUAL(unseen(false, false), 0);
    CHECK_EQUAL(unseen(false, true), 0);
    CHECK(unseen(true, false) > 0);
}

/* A4, A5: an emulated store is the guest's; what the hypervisor reads and writes is not. */
static void test_without_entries(void) {
    struct cpu_user_regs regs = {.eip = LINEAR(PAGES + 1), .cs = FLAT_RING1_CS, .ds = FLAT_RING1_DS, .es = FLAT_RING1_DS,
                                 .edi = LINEAR(PAGES) + 4, .eax = 101u << PAGE_SHIFT | ALL};

    guest_begin();
    memcpy(host_bytes(CODE), "\x89\x07", 2);
    host_table(TABLE)[0] = 100u << PAGE_SHIFT | ALL;
    CHECK(run(6u << L2_SHIFT, false, NULL) == ACCESS_DONE); /* its walk reads and marks the table */
    CHECK(!used(TABLE) && used(100));
    CHECK(run(LINEAR(PAGES) + 4, true, &regs) == ACCESS_EMULATED);
    CHECK(used(TABLE));
    host_bytes(77 + 64)[0] = 1;
    shadow_frame_written(host.shadow, (mfn_t){77 + 64});
    CHECK(!used(77 + 64));
    guest_end();
}

int main(int argc, char **argv) {
    random_begin(argc, argv);
    test_came_back();
    test_large();
    test_gone();
    test_forgetting();
    test_without_entries();
    return check_end("sample");
}
