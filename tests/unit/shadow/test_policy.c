/*
 * test_policy.c - the policies and the switches, one at a time: what each does and what it does not (policy.h, oos.h,
 * heat.h, prefetch.h).
 */
#include <string.h>

#include "shadow/hash.h"
#include "shadow/heat.h"
#include "shadow/oos.h"
#include "shadow/prefetch.h"
#include "tests/unit/shadow/host.h"
#include "tests/unit/shadow/mmu.h"

/* Two directories; at SLOT table L1 with data from 64 on, at CODE_SLOT the code, at MAP_SLOT all frames below 1024. */
#define L2 8u
#define OTHER_L2 9u
#define CODE 10u
#define CODE_L1 11u
#define MAP_L1 12u
#define L1 16u
#define SLOT 0x100u
#define CODE_SLOT 0x200u
#define MAP_SLOT 0x201u
#define DATA 64u
#define ALL (PTE_P | PTE_W | PTE_U | PTE_A | PTE_D)
#define PAGE(n) (SLOT << L2_SHIFT | (uint32_t)(n) << L1_SHIFT)

static pte_t entry_of(uint32_t frame, pte_t flags) {
    return frame << PAGE_SHIFT | flags;
}

static void guest_begin(enum shadow_policy policy, uint32_t switches) {
    static const uint32_t directories[] = {L2, OTHER_L2};
    uint32_t i, k;

    host_begin(64);
    mmu_use_caches(true);
    for (i = 0; i < 2; i++) {
        host_table(directories[i])[SLOT] = entry_of(L1, ALL);
        host_table(directories[i])[CODE_SLOT] = entry_of(CODE_L1, ALL);
        host_table(directories[i])[MAP_SLOT] = entry_of(MAP_L1, ALL);
        for (k = 1; k < 16; k++) {
            host_table(directories[i])[SLOT + k] = entry_of(L1 + k, ALL);
        }
    }
    host_table(CODE_L1)[0] = entry_of(CODE, ALL);
    for (i = 0; i < TABLE_ENTRIES; i++) {
        host_table(MAP_L1)[i] = entry_of(i, ALL);
    }
    memcpy(host_bytes(CODE), "\x89\x07", 2); /* mov %eax, (%edi) */
    shadow_set_policy(host.shadow, policy, switches);
    host_load(L2);
}

/* The guest kernel stores value to an entry of a table, through its map. Returns whether it trapped. */
static bool store(uint32_t table, uint32_t index, pte_t value) {
    uint32_t linear = MAP_SLOT << L2_SHIFT | table << L1_SHIFT | index * 4, error;
    struct cpu_user_regs regs = {.eip = CODE_SLOT << L2_SHIFT, .cs = FLAT_RING1_CS, .ds = FLAT_RING1_DS,
                                 .es = FLAT_RING1_DS, .ss = FLAT_RING1_DS, .edi = linear, .eax = value};
    struct translation translation;
    enum outcome outcome = mmu_run(linear, 1, true, &regs, &translation, &error);

    if (outcome == ACCESS_DONE) {
        CHECK_EQUAL(translation.frame, table);
        host_table(table)[index] = value;
    } else {
        CHECK_EQUAL(outcome, ACCESS_EMULATED);
    }
    return outcome == ACCESS_EMULATED;
}

/* Where an access leads, or 0: it is the guest's page fault. */
static uint32_t reach(uint32_t linear, bool write) {
    struct translation translation;
    uint32_t error;

    return mmu_run(linear, 3, write, NULL, &translation, &error) == ACCESS_DONE ? translation.frame : 0;
}

static void flush(void) {
    shadow_flush(host.shadow);
    mmu_forget_all();
    host_audit();
}

static void invlpg(uint32_t linear) {
    shadow_invlpg(host.shadow, linear);
    mmu_forget_page(linear);
    host_audit();
}

static enum sync sync_of(uint32_t table) {
    return (enum sync)hash_find(host.shadow, KIND_L1, table, 0)->sync;
}

static uint32_t counted(uint32_t counter) {
    return shadow_counter(host.shadow, counter);
}

/* Table n of the 16 is in use, and then written so often that it goes out of sync if it may. */
static void heat_up(uint32_t n) {
    uint32_t i;

    host_table(L1 + n)[0] = entry_of(DATA + n, ALL);
    CHECK_EQUAL(reach((SLOT + n) << L2_SHIFT, true), DATA + n);
    for (i = 1; i < HEAT_OOS; i++) {
        CHECK(store(L1 + n, i, entry_of(DATA + i, ALL)));
    }
}

/* A table goes out of sync, is written unseen, is what it was until the flush, and in line after it. */
static void test_out_of_sync(void) {
    guest_begin(SHADOW_OOS, SHADOW_SWITCH_ROOT_CACHE);
    heat_up(0);
    CHECK_EQUAL(sync_of(L1), SYNCED);
    CHECK(!store(L1, 5, entry_of(70, ALL)) && !store(L1, 0, entry_of(71, ALL)) && !store(L1, 6, entry_of(72, ALL)));
    CHECK_EQUAL(sync_of(L1), UNSYNCED_OOS);
    host_audit();
    CHECK_EQUAL(reach(PAGE(0), true), DATA);                 /* as a TLB would have it */
    CHECK_EQUAL(reach(PAGE(5), true), 70);
    flush();
    CHECK_EQUAL(sync_of(L1), SYNCED);
    CHECK_EQUAL(reach(PAGE(0), true), 71);
    CHECK_EQUAL(counted(TRACE_COUNTER_oos_unsyncs), 1);
    CHECK_EQUAL(counted(TRACE_COUNTER_oos_entries), 2);      /* 5 was filled meanwhile, as it is */
    CHECK(store(L1, 7, 0));                                  /* it traps again, */
    host_end();
}

/* O5: what was worth it does so again at the first write; what was not must show its worth again. */
static void test_worth(void) {
    uint32_t i;

    guest_begin(SHADOW_OOS, SHADOW_SWITCH_ROOT_CACHE);
    heat_up(0);
    for (i = 10; i < 20; i++) {
        CHECK(!store(L1, i, entry_of(DATA + i, ALL)));
    }
    flush();
    CHECK(!store(L1, 30, entry_of(80, ALL)));
    flush();
    CHECK(store(L1, 31, entry_of(80, ALL)) && store(L1, 32, entry_of(80, ALL)) && !store(L1, 33, entry_of(80, ALL)));
    host_end();
}

/* O2: so many at a time. */
static void test_bounded(void) {
    uint32_t n;

    guest_begin(SHADOW_OOS, SHADOW_SWITCH_ROOT_CACHE);
    for (n = 0; n < SHADOW_OOS_TABLES; n++) {
        heat_up(n);
        CHECK(!store(L1 + n, 9, 0x1000));
    }
    heat_up(n);
    CHECK(store(L1 + n, 9, 0x1000));
    CHECK_EQUAL(counted(TRACE_COUNTER_oos_unsyncs), SHADOW_OOS_TABLES);
    host_audit();
    flush();
    CHECK_EQUAL(host.shadow->out_of_sync, 0);
    host_end();
}

/* O1: an out-of-sync table becomes a directory. */
static void test_promotion(void) {
    guest_begin(SHADOW_OOS, SHADOW_SWITCH_ROOT_CACHE);
    heat_up(0);
    CHECK(!store(L1, CODE_SLOT, entry_of(CODE_L1, ALL)) && !store(L1, MAP_SLOT, entry_of(MAP_L1, ALL)));
    host_load(L1);
    CHECK_EQUAL(sync_of(L1), SYNCED);
    host_audit();
    CHECK(store(L1, 1, 0) && store(L1, 2, 0) && store(L1, 3, 0) && store(L1, 4, 0)); /* and stays in sync as one */
    host_end();
}

/* O3: rights that a fill took from a value in between do not outlive the value that was there before and after. */
static void test_value_in_between(void) {
    guest_begin(SHADOW_OOS, SHADOW_SWITCH_ROOT_CACHE);
    host_table(L1)[20] = entry_of(90, ALL & ~PTE_W);
    heat_up(0);
    CHECK(!store(L1, 20, entry_of(90, ALL)));
    CHECK_EQUAL(reach(PAGE(20), true), 90);
    CHECK(!store(L1, 20, entry_of(90, ALL & ~PTE_W)));
    flush();
    CHECK_EQUAL(reach(PAGE(20), true), 0);
    host_end();
}

/* O4: invlpg looks at the one address. */
static void test_one_address(void) {
    guest_begin(SHADOW_OOS, SHADOW_SWITCH_ROOT_CACHE);
    host_table(L1)[20] = entry_of(90, ALL);
    host_table(L1)[21] = entry_of(91, ALL);
    CHECK(reach(PAGE(20), true) == 90 && reach(PAGE(21), true) == 91);
    heat_up(0);
    CHECK(!store(L1, 20, 0) && !store(L1, 21, 0));
    invlpg(PAGE(20));
    CHECK_EQUAL(reach(PAGE(20), false), 0);
    CHECK_EQUAL(reach(PAGE(21), false), 91);
    CHECK_EQUAL(sync_of(L1), UNSYNCED_OOS);
    host_end();
}

/* Nothing traps, and every flush begins anew. */
static void test_brute(void) {
    guest_begin(SHADOW_BRUTE, SHADOW_SWITCH_ROOT_CACHE);
    host_table(L1)[0] = entry_of(DATA, ALL);
    CHECK_EQUAL(reach(PAGE(0), true), DATA);
    CHECK(!store(L1, 0, entry_of(71, ALL)) && !store(L2, SLOT + 1, 0));
    CHECK_EQUAL(reach(PAGE(0), true), DATA);
    host_audit();
    invlpg(PAGE(0));
    CHECK_EQUAL(reach(PAGE(0), true), 71);
    CHECK(!store(L1, 0, 0));
    flush();
    CHECK(hash_find(host.shadow, KIND_L1, L1, 0) == NULL);
    CHECK_EQUAL(reach(PAGE(0), false), 0);
    CHECK_EQUAL(counted(TRACE_COUNTER_emulated_writes), 0);
    host_end();
}

/* Nothing traps, and a flush looks at nothing; what is announced is seen, and so is what a fault reads. */
static void test_announce(void) {
    guest_begin(SHADOW_ANNOUNCE, SHADOW_SWITCH_ROOT_CACHE);
    host_table(L1)[0] = entry_of(DATA, ALL);
    CHECK(reach(PAGE(0), true) == DATA && reach(PAGE(1), true) == 0);
    CHECK(!store(L1, 0, entry_of(71, ALL)) && !store(L1, 1, entry_of(72, ALL)));
    CHECK_EQUAL(reach(PAGE(1), true), 72);
    flush();
    CHECK_EQUAL(reach(PAGE(0), true), DATA);
    CHECK_EQUAL(shadow_write_entry(host.shadow, (mfn_t){L1}, 0, entry_of(71, ALL), false, TRACE_WRITE_VIA_mmu_update), 0);
    flush();
    CHECK_EQUAL(reach(PAGE(0), true), 71);
    CHECK(!store(L1, 1, entry_of(73, ALL)));
    invlpg(PAGE(1));
    CHECK_EQUAL(reach(PAGE(1), true), 73);
    host_end();
}

/* A fill takes along what needs nothing written back. */
static void test_prefetch(void) {
    uint32_t before;

    guest_begin(SHADOW_EMULATE, SHADOW_SWITCH_ROOT_CACHE | SHADOW_SWITCH_PREFETCH);
    host_table(L1)[1] = entry_of(65, ALL);
    host_table(L1)[2] = entry_of(66, ALL & ~PTE_A);              /* would have to be marked */
    host_table(L1)[3] = entry_of(67, ALL & ~PTE_D);              /* comes read-only */
    host_table(L1)[4] = entry_of(L1, ALL);                       /* so does a table */
    host_table(L1)[PREFETCH_GROUP] = entry_of(68, ALL);          /* belongs to another group */
    host.frames[69].ownership = FOREIGN;
    host_table(L1)[5] = entry_of(69, ALL);                       /* is not the domain's */
    CHECK_EQUAL(reach(PAGE(1), true), 65);
    CHECK_EQUAL(counted(TRACE_COUNTER_prefetched), 2);
    host_audit();
    before = counted(TRACE_COUNTER_faults);
    CHECK_EQUAL(reach(PAGE(3), false), 67);
    CHECK_EQUAL(counted(TRACE_COUNTER_faults), before);
    CHECK(!(host_table(L1)[2] & PTE_A) && !(host_table(L1)[3] & PTE_D));
    CHECK(reach(PAGE(3), true) == 67 && reach(PAGE(2), true) == 66 && reach(PAGE(PREFETCH_GROUP), true) == 68);
    CHECK_EQUAL(counted(TRACE_COUNTER_faults), before + 3);
    host_end();
}

/* With it a base pointer comes back to a root that is filled; without it every root is new. */
static void test_root_cache(void) {
    uint32_t cached;

    for (cached = 0; cached < 2; cached++) {
        guest_begin(SHADOW_EMULATE, cached ? SHADOW_SWITCH_ROOT_CACHE : 0);
        host_table(L1)[0] = entry_of(DATA, ALL);
        CHECK_EQUAL(host_load(OTHER_L2), false);
        CHECK_EQUAL(reach(PAGE(0), true), DATA);
        CHECK_EQUAL(host_load(L2), cached != 0);
        CHECK_EQUAL(host_load(OTHER_L2), cached != 0);
        CHECK_EQUAL(host.shadow->root_table[SLOT] != 0, cached != 0);
        CHECK_EQUAL(reach(PAGE(0), true), DATA);
        host_audit();
        host_end();
    }
}

/* A table that is written like memory becomes memory; one that is written through itself does not. */
static void test_flood(void) {
    uint32_t i;

    guest_begin(SHADOW_EMULATE, SHADOW_SWITCH_ROOT_CACHE | SHADOW_SWITCH_FLOOD);
    host_table(L1)[0] = entry_of(DATA, ALL);
    CHECK_EQUAL(reach(PAGE(0), true), DATA);
    for (i = 1; i < HEAT_FLOOD; i++) {
        CHECK(store(L1, i, 0x1000));
    }
    CHECK(!store(L1, i, 0x1000));
    CHECK(hash_find(host.shadow, KIND_L1, L1, 0) == NULL);
    CHECK_EQUAL(counted(TRACE_COUNTER_floods), 1);
    CHECK_EQUAL(reach(PAGE(0), true), DATA);
    for (i = 0; i < 2 * HEAT_FLOOD; i++) {
        CHECK(store(MAP_L1, 700 + i % 64, entry_of(700 + i % 64, ALL)));
    }
    CHECK_EQUAL(counted(TRACE_COUNTER_floods), 1);
    host_audit();
    host_end();
}

/* Every change of policy begins anew, whatever was out of sync, and every policy gives what the tables grant. */
static void test_changes(void) {
    uint32_t from, to;

    for (from = 0; from <= SHADOW_ANNOUNCE; from++) {
        for (to = 0; to <= SHADOW_ANNOUNCE; to++) {
            guest_begin((enum shadow_policy)from, SHADOW_SWITCHES);
            host_table(L1)[0] = entry_of(DATA, ALL);
            CHECK_EQUAL(reach(PAGE(0), true), DATA);
            store(L1, 1, 0x1000);
            store(L1, 2, 0x1000);
            store(L1, 0, entry_of(71, ALL));
            shadow_set_policy(host.shadow, (enum shadow_policy)to, SHADOW_SWITCHES);
            host_audit();
            if (from != to) {
                CHECK_EQUAL(reach(PAGE(0), true), 71);
                CHECK_EQUAL(store(L1, 3, 0x1000), to == SHADOW_EMULATE || to == SHADOW_OOS);
            }
            host_end();
        }
    }
}

int main(int argc, char **argv) {
    random_begin(argc, argv);
    test_out_of_sync();
    test_worth();
    test_bounded();
    test_promotion();
    test_value_in_between();
    test_one_address();
    test_brute();
    test_announce();
    test_prefetch();
    test_root_cache();
    test_flood();
    test_changes();
    return check_end("policy");
}
