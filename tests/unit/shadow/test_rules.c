/*
 * test_rules.c - break each rule S1 to S11 on purpose, and see exactly that rule named.
 *
 * Where a rule can be checked from the state, the state is damaged and the audit must name it. Where it is about
 * order or about the guest changing memory meanwhile, the test puts a faulty version in front of one function of the
 * engine (the linker's --wrap) and its own checkers, watching the engine at work, must name it; the same work without
 * the fault must be named by none.
 */
#include <string.h>

#include "shadow/guest_entry.h"
#include "shadow/hash.h"
#include "shadow/pool.h"
#include "shadow/rmap.h"
#include "shadow/sync.h"
#include "shadow/set.h"
#include "shadow/unshadow.h"
#include "tests/unit/shadow/host.h"
#include "tests/unit/shadow/mmu.h"

#define L2 8u
#define L1 9u
#define ALL (PTE_P | PTE_W | PTE_U)
#define LINEAR (5u << L2_SHIFT | 6u << L1_SHIFT)
#define ONLY(rule) (1u << (rule))

uint32_t __real_set_entry(struct shadow *shadow, pte_t *entry, pte_t value);
uint32_t __wrap_set_entry(struct shadow *shadow, pte_t *entry, pte_t value);
bool __real_guest_entry_swap(pte_t *entry, pte_t expected, pte_t value);
bool __wrap_guest_entry_swap(pte_t *entry, pte_t expected, pte_t value);
bool __real_may_free(struct shadow *shadow, const struct shadow_page *page);
bool __wrap_may_free(struct shadow *shadow, const struct shadow_page *page);

/* The fault that is put in, and what the checkers saw. */
static struct {
    bool forget_mark;       /* accessed and dirty are said to be written, and are not */
    bool swap_blindly;      /* an exchange that does not compare */
    bool free_anything;     /* roots may be freed whoever holds them */
} faulty;

static uint32_t seen;

static bool is_guest_memory(const pte_t *entry) {
    return (const uint8_t *)entry >= host.memory && (const uint8_t *)entry < host.memory + HOST_FRAMES * PAGE_SIZE;
}

/* Checker of S7: when a translation comes into being, the guest entry says so already. */
uint32_t __wrap_set_entry(struct shadow *shadow, pte_t *entry, pte_t value) {
    uint32_t location = location_of(shadow, entry);
    const struct shadow_page *page = location_page(shadow, location);

    if (value != 0 && page->kind != KIND_FL1) {
        pte_t guest = host_table(page->frame)[location_entry(location)];
        bool writable = page->kind == KIND_L1 && (value & PTE_W);

        if (!(guest & PTE_A) || (writable && !(guest & PTE_D))) {
            seen |= ONLY(RULE_S7);
        }
    }
    return __real_set_entry(shadow, entry, value);
}

bool __wrap_guest_entry_swap(pte_t *entry, pte_t expected, pte_t value) {
    if (is_guest_memory(entry)) {
        if (faulty.forget_mark) {
            return true;
        }
        if (faulty.swap_blindly) {
            *entry = value;
            return true;
        }
    }
    return __real_guest_entry_swap(entry, expected, value);
}

bool __wrap_may_free(struct shadow *shadow, const struct shadow_page *page) {
    return faulty.free_anything || __real_may_free(shadow, page);
}

/*
 * Checker of S11: another processor moves the page while the engine looks at it; both that and accessed must be there
 * at the end.
 */
static bool moved;

static void move_page(mfn_t mfn) {
    if (mfn.n == 64 && !moved) {
        moved = true;
        host_table(L1)[6] = 65u << PAGE_SHIFT | ALL | PTE_AVAIL;
    }
}

static enum outcome touch(bool write, uint32_t *frame) {
    struct translation translation = {0, false};
    uint32_t error;
    enum outcome outcome = mmu_run(LINEAR, 1, write, NULL, &translation, &error);

    *frame = translation.frame;
    return outcome;
}

static void guest_begin(void) {
    uint32_t frame;

    memset(&faulty, 0, sizeof(faulty));
    seen = 0;
    host_begin(16);
    mmu_use_caches(false);
    host_table(L2)[5] = L1 << PAGE_SHIFT | ALL;
    host_table(L1)[6] = 64u << PAGE_SHIFT | ALL | PTE_G;
    host_table(L1)[7] = 66u << PAGE_SHIFT | PTE_P;
    shadow_set_policy(host.shadow, SHADOW_POLICY_DEFAULT, SHADOW_SWITCHES_DEFAULT | SHADOW_SWITCH_GLOBAL);
    host_load(L2);
    CHECK(touch(true, &frame) == ACCESS_DONE);
    CHECK(mmu_run(LINEAR + PAGE_SIZE, 1, false, NULL, &(struct translation){0, false}, &frame) == ACCESS_DONE);
    host_audit();
    host.violations_expected = true;
}

static struct shadow_page *leaf(void) {
    return hash_find(host.shadow, KIND_L1, L1, 0);
}

/* The damage is done: the audit names this rule and no other. */
static void expect(enum shadow_rule rule) {
    CHECK_EQUAL(host_audit_rules(), ONLY(rule));
}

/* A leaf entry that names a page of the pool: the guest could reach its own shadow tables. */
static void break_1(void) {
    guest_begin();
    page_table(host.shadow, leaf())[7] = HOST_POOL_FIRST << PAGE_SHIFT | PTE_P;
    expect(RULE_S1);
    page_table(host.shadow, leaf())[7] = 66u << PAGE_SHIFT | PTE_P;
    host_end();

    guest_begin(); /* a link to what is no shadow page */
    page_table(host.shadow, &host.shadow->pages[host.shadow->root])[5] = L1 << PAGE_SHIFT | PTE_P;
    CHECK(host_audit_rules() & ONLY(RULE_S1));
    page_table(host.shadow, &host.shadow->pages[host.shadow->root])[5] = page_smfn(host.shadow, leaf()) << PAGE_SHIFT |
        ALL;
    host_end();
}

/* An entry that set_entry did not write. */
static void break_2(void) {
    uint32_t i;

    guest_begin();
    for (i = 0; host.shadow->pages[i].kind != KIND_FREE; i++) {
        ;
    }
    page_table(host.shadow, &host.shadow->pages[i])[100] = 64u << PAGE_SHIFT | PTE_P;
    expect(RULE_S2);
    page_table(host.shadow, &host.shadow->pages[i])[100] = 0;
    leaf()->global = false; /* nobody would look for what its links gave */
    expect(RULE_S2);
    leaf()->global = true;
    leaf()->live++;
    expect(RULE_S2);
    leaf()->live--;
    host_end();
}

/* The guest's entry grants less than the shadow entry, and nobody noticed. */
static void break_3(void) {
    static const pte_t less[] = {PTE_P, PTE_W, PTE_U, 1u << PAGE_SHIFT};
    uint32_t i;

    for (i = 0; i < 4; i++) {
        guest_begin();
        host_table(L1)[6] ^= less[i];
        expect(RULE_S3);
        host_table(L1)[6] ^= less[i];
        host_table(L2)[5] ^= less[i];
        expect(RULE_S3);
        host_end();
    }
    guest_begin(); /* it is not global any more */
    host_table(L1)[6] &= ~PTE_G;
    expect(RULE_S3);
    host_end();
}

static void break_4(void) {
    guest_begin(); /* writable, but the guest's entry is clean */
    host_table(L1)[6] &= ~PTE_D;
    expect(RULE_S4);
    host_end();

    guest_begin(); /* writable, and an in-sync table: it was out of sync, and is said to be in sync now */
    host_table(L1)[8] = L1 << PAGE_SHIFT | ALL;
    CHECK(mmu_run(LINEAR + 2 * PAGE_SIZE, 1, true, NULL, &(struct translation){0, false}, &(uint32_t){0}) ==
          ACCESS_DONE);
    CHECK_EQUAL(leaf()->sync, UNSYNCED);
    set_sync(host.shadow, leaf(), SYNCED);
    expect(RULE_S4);
    host_end();
}

static void break_5(void) {
    guest_begin(); /* the frame is another domain's */
    host.frames[64].ownership = FOREIGN;
    expect(RULE_S5);
    host.frames[64].ownership = OWNED;
    host.shadow->references--; /* a reference too few */
    expect(RULE_S5);
    host.shadow->references++;
    host.frames[64].write_references--; /* the same, as the owner of the frame counts */
    CHECK(!host_references_agree());
    host.frames[64].write_references++;
    host_end();
}

static void break_6(void) {
    uint32_t location;

    guest_begin(); /* a writable mapping that cannot be found from its frame */
    location = location_of(host.shadow, page_table(host.shadow, leaf()) + 6);
    rmap_remove(host.shadow, 64, location);
    expect(RULE_S6);
    rmap_add(host.shadow, 64, location);
    rmap_add(host.shadow, 70, location); /* and a node for a mapping that is not there */
    expect(RULE_S6);
    rmap_remove(host.shadow, 70, location);
    host_end();
}

static void break_7(void) {
    uint32_t frame;

    guest_begin(); /* a translation whose guest entry was never accessed */
    host_table(L1)[7] &= ~PTE_A;
    expect(RULE_S7);
    host_table(L1)[7] |= PTE_A;
    CHECK_EQUAL(seen, 0);
    host_table(L1)[6] = 65u << PAGE_SHIFT | ALL;
    shadow_frame_written(host.shadow, (mfn_t){L1});
    faulty.forget_mark = true; /* in motion: the engine goes on without having marked the entry */
    seen = 0;
    (void)touch(true, &frame);
    CHECK_EQUAL(seen, ONLY(RULE_S7));
    host_end();
}

static void break_8(void) {
    guest_begin(); /* a table stays out of sync over a flush event */
    host_table(L1)[8] = L1 << PAGE_SHIFT | ALL;
    CHECK(mmu_run(LINEAR + 2 * PAGE_SIZE, 1, true, NULL, &(struct translation){0, false}, &(uint32_t){0}) ==
          ACCESS_DONE);
    CHECK_EQUAL(host_audit_rules(), 0);
    host.shadow->flush_events++;
    expect(RULE_S8);
    host_end();

    guest_begin(); /* what was put off stays put off over a full flush */
    host_table(L1)[6] = 0;
    shadow_frame_written(host.shadow, (mfn_t){L1});
    CHECK(host.shadow->stale != 0);
    CHECK_EQUAL(host_audit_rules(), 0);
    host.shadow->full_flushes++;
    expect(RULE_S8);
    host_end();
}

static void break_9(void) {
    guest_begin();
    host.shadow->listed[LIST_FREE]--; /* a page is lost */
    expect(RULE_S9);
    host.shadow->listed[LIST_FREE]++;
    host_end();

    guest_begin(); /* allocation without a reserve, until nothing is left */
    host.panic_expected = true;
    host.panic_text = NULL;
    if (setjmp(host.panic_exit) == 0) {
        for (;;) {
            (void)pool_take(host.shadow);
        }
    }
    CHECK(host.panic_text != NULL && strncmp(host.panic_text, "S9:", 3) == 0);
    host_abandon();
}

static void break_10(void) {
    guest_begin();
    /* a CPU holds a freed page */
    host.loaded.n = HOST_POOL_FIRST + host.shadow->pages[host.shadow->pool_frames + LIST_FREE].next;
    expect(RULE_S10);
    host_end();

    guest_begin(); /* reclaim takes no heed of who holds a root */
    faulty.free_anything = true;
    host.panic_expected = true;
    host.panic_text = NULL;
    if (setjmp(host.panic_exit) == 0) {
        pool_reserve(host.shadow, 16, 0);
    }
    CHECK(host.panic_text != NULL && strncmp(host.panic_text, "S10:", 4) == 0);
    host_abandon();
}

/* Returns whether what the other processor did, and what this one did, are both there. */
static bool both_survive(void) {
    uint32_t frame;

    host_table(L1)[6] = 64u << PAGE_SHIFT | ALL;
    shadow_frame_written(host.shadow, (mfn_t){L1});
    moved = false;
    host.interfere = move_page;
    CHECK(touch(true, &frame) == ACCESS_DONE);
    host.interfere = NULL;
    CHECK(moved);
    return frame == 65 && host_table(L1)[6] == (65u << PAGE_SHIFT | ALL | PTE_AVAIL | PTE_A | PTE_D);
}

static void break_11(void) {
    guest_begin();
    CHECK(both_survive());
    CHECK_EQUAL(shadow_counter(host.shadow, TRACE_COUNTER_restarts), 1);
    host_audit();
    host_end();

    guest_begin();
    faulty.swap_blindly = true;
    CHECK(!both_survive()); /* S11 */
    CHECK_EQUAL(seen, 0);   /* and only that */
    faulty.swap_blindly = false;
    host_end();
}

int main(int argc, char **argv) {
    random_begin(argc, argv);
    break_1();
    break_2();
    break_3();
    break_4();
    break_5();
    break_6();
    break_7();
    break_8();
    break_9();
    break_10();
    break_11();
    return check_end("rules");
}
