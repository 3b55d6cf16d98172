/*
 * test_superpage.c - 4 MiB pages in one piece: when, with which rights and references, when no more; rules P1 to P6
 * (shadow/superpage.h) one by one, and broken on purpose.
 */
#include <string.h>

#include "shadow/hash.h"
#include "shadow/marks.h"
#include "shadow/protect.h"
#include "shadow/rmap.h"
#include "shadow/superframe.h"
#include "tests/unit/shadow/host.h"
#include "tests/unit/shadow/mmu.h"

/* The guest's L2 tables and an L1 table; its 4 MiB page lies at SLOT, and in frames FIRST on. */
#define L2 8u
#define OTHER_L2 9u
#define L1 10u
#define SLOT 5u
#define BASE (SLOT << L2_SHIFT)
#define FIRST 1024u
#define LARGE (FIRST << PAGE_SHIFT | PTE_P | PTE_W | PTE_U | PTE_PS)
#define ALL (PTE_P | PTE_W | PTE_U)
#define ONLY(rule) (1u << (rule))

void __real_protect_frame(struct shadow *shadow, mfn_t mfn);
void __wrap_protect_frame(struct shadow *shadow, mfn_t mfn);

static bool never_protect;

void __wrap_protect_frame(struct shadow *shadow, mfn_t mfn) {
    if (!never_protect) {
        __real_protect_frame(shadow, mfn);
    }
}

static void guest_begin(void) {
    never_protect = false;
    host_begin(32);
    mmu_use_caches(true);
    host_table(L2)[SLOT] = LARGE;
    host_load(L2);
}

static uint32_t counted(uint32_t counter) {
    return shadow_counter(host.shadow, counter);
}

/* An access of the user's to page number n of the 4 MiB page in slot, which must succeed. */
static void access_in(uint32_t slot, uint32_t n, bool write) {
    struct translation translation = {0, false};
    uint32_t error;

    CHECK(mmu_run(slot << L2_SHIFT | n << L1_SHIFT, 3, write, NULL, &translation, &error) == ACCESS_DONE);
    CHECK_EQUAL(translation.frame, FIRST + n);
}

static pte_t *shadow_entry(uint32_t slot) {
    return &host.shadow->root_table[slot];
}

static bool is_superpage(uint32_t slot) {
    return (*shadow_entry(slot) & (PTE_P | PTE_PS)) == (PTE_P | PTE_PS);
}

static bool in_pieces(uint32_t slot) {
    return (*shadow_entry(slot) & (PTE_P | PTE_PS)) == PTE_P;
}

static void set_guest_entry(uint32_t slot, pte_t value) {
    CHECK_EQUAL(shadow_write_entry(host.shadow, (mfn_t){host.shadow->base.n}, slot, value, false,
                                   TRACE_WRITE_VIA_mmu_update), 0);
}

static void flush(void) {
    shadow_flush(host.shadow);
    mmu_forget_all();
}

/* May the processor still use what it remembers? */
static bool remembered(uint32_t n, uint32_t access) {
    return mmu_holds(BASE + n * PAGE_SIZE, access & FAULT_WRITE) != 0;
}

/* One fault serves 1024 frames; accessed and dirty are the guest's as they should be, and each frame is held. */
static void test_one_piece(void) {
    uint32_t i;

    guest_begin();
    access_in(SLOT, 7, false);
    CHECK_EQUAL(host_last_path(), TRACE_FAULT_PATH_fill_l2 | TRACE_FAULT_PATH_superpage | TRACE_FAULT_PATH_set_accessed);
    CHECK_EQUAL(host_table(L2)[SLOT], LARGE | PTE_A);
    CHECK_EQUAL(*shadow_entry(SLOT), (LARGE & ~PTE_W) | PTE_A); /* S4: clean */
    CHECK_EQUAL(host.frames[FIRST + 1023].read_references, 1);
    access_in(SLOT, 8, true);
    CHECK_EQUAL(host_table(L2)[SLOT], LARGE | PTE_A | PTE_D);
    CHECK_EQUAL(*shadow_entry(SLOT), LARGE | PTE_A | PTE_D);
    for (i = 0; i < 1024; i++) {
        access_in(SLOT, i, true);
        CHECK(host.frames[FIRST + i].read_references == 0 && host.frames[FIRST + i].write_references == 1);
    }
    CHECK_EQUAL(counted(TRACE_COUNTER_faults) - counted(TRACE_COUNTER_spurious), 2);
    CHECK_EQUAL(counted(TRACE_COUNTER_superpages), 2);
    CHECK_EQUAL(counted(TRACE_COUNTER_made_fl1), 0);
    CHECK_EQUAL(host.shadow->references, 1024);
    CHECK_EQUAL(host.shadow->nodes_used, 1);
    CHECK_EQUAL(host.flushes, 0);
    host_audit();
    host_end();
}

/* P1: one frame that is not the domain's own is enough; so is a bit that must be 0, and then nothing is mapped. */
static void test_not_in_one_piece(void) {
    static const uint8_t others[] = {FOREIGN, GRANTED_READ};
    struct translation translation;
    uint32_t i, error;

    for (i = 0; i < 2; i++) {
        guest_begin();
        host.frames[FIRST + 1000].ownership = others[i];
        access_in(SLOT, 7, true);
        CHECK(in_pieces(SLOT));
        CHECK_EQUAL(host.shadow->references, 1); /* what was taken on the way was put */
        host_audit();
        host_end();
    }
    guest_begin(); /* the last 4 MiB are not all there */
    host_table(L2)[SLOT] = 2u << L2_SHIFT | ALL | PTE_PS;
    CHECK(mmu_run(BASE, 3, true, NULL, &translation, &error) == ACCESS_DONE && translation.frame == 2048);
    CHECK(in_pieces(SLOT));
    host_audit();
    host_table(L2)[SLOT + 1] = LARGE | 0x2000; /* PSE-36 */
    CHECK(mmu_run(BASE + 0x400000, 3, true, NULL, &translation, &error) == ACCESS_FAULT);
    CHECK_EQUAL(error, FAULT_PRESENT | FAULT_WRITE | FAULT_USER | FAULT_RESERVED);
    CHECK_EQUAL(*shadow_entry(SLOT + 1), 0);
    host_end();
}

/* The n-th reference is refused: nothing of the superpage is left. */
static void test_refused(void) {
    guest_begin();
    host.refuse_reference = 600;
    access_in(SLOT, 7, true);
    CHECK(in_pieces(SLOT));
    host_audit();
    host_end();
}

/* P2: with a table in it the page is read-only in one piece, and writable in pieces. */
static void test_table_inside(void) {
    guest_begin();
    host_table(L2)[6] = (FIRST + 3) << PAGE_SHIFT | ALL;
    host_table(FIRST + 3)[7] = (FIRST + 7) << PAGE_SHIFT | ALL;
    access_in(6, 7, true);
    access_in(SLOT, 3, false);
    CHECK(is_superpage(SLOT));
    access_in(SLOT, 4, true);
    CHECK(in_pieces(SLOT) && remembered(4, FAULT_WRITE));
    access_in(SLOT, 3, false);
    CHECK(!remembered(3, FAULT_WRITE)); /* S4 */
    host_audit();
    host_end();
}

/* P2, F2: a frame inside becomes a table. One flush of one page; from then on pieces, and one invlpg forgets them. */
static void test_becomes_table(void) {
    guest_begin();
    access_in(SLOT, 3, true);
    access_in(SLOT, 4, true);
    host_table(L2)[6] = (FIRST + 3) << PAGE_SHIFT | ALL;
    host_table(FIRST + 3)[7] = (FIRST + 7) << PAGE_SHIFT | ALL;
    access_in(6, 7, true);
    CHECK(host.page_flushes == 1 && host.full_flushes == 0 && l2_index(host.last_linear) == SLOT);
    CHECK(!remembered(3, FAULT_WRITE) && !remembered(4, FAULT_WRITE));
    CHECK_EQUAL(counted(TRACE_COUNTER_superpage_splits), 1);
    host_audit();
    access_in(SLOT, 3, false);
    access_in(SLOT, 4, true);
    CHECK(in_pieces(SLOT));
    host_audit();
    set_guest_entry(SLOT, 0);
    shadow_invlpg(host.shadow, BASE + 9 * PAGE_SIZE);
    mmu_forget_page(BASE + 9 * PAGE_SIZE);
    CHECK(!remembered(4, 0));
    host_end();
}

/* P6: pieces stay as long as something links to them, and no longer. */
static void test_pieces_stay(void) {
    guest_begin();
    host.frames[FIRST].ownership = FOREIGN;
    access_in(SLOT, 4, true);
    host.frames[FIRST].ownership = OWNED;
    host_table(L2)[6] = LARGE;
    access_in(6, 4, true);
    CHECK(in_pieces(SLOT) && in_pieces(6));
    set_guest_entry(6, 0);
    flush();
    set_guest_entry(6, LARGE);
    access_in(6, 4, true);
    CHECK(in_pieces(6));
    set_guest_entry(SLOT, 0);
    set_guest_entry(6, 0);
    flush();
    set_guest_entry(6, LARGE);
    access_in(6, 4, true);
    CHECK(is_superpage(6));
    host_audit();
    host_end();
}

/* F3: a frame that leaves takes all superpages with it, whatever may be remembered of them. */
static void test_release(void) {
    guest_begin();
    host_table(L2)[6] = LARGE & ~PTE_W;
    access_in(SLOT, 3, true);
    access_in(6, 5, false);
    shadow_frame_released(host.shadow, (mfn_t){FIRST + 500});
    CHECK(*shadow_entry(SLOT) == 0 && *shadow_entry(6) == 0 && !remembered(3, 0));
    CHECK_EQUAL(host.shadow->references, 0);
    host.frames[FIRST + 500].ownership = FOREIGN;
    host_audit();
    access_in(SLOT, 3, true);
    CHECK(in_pieces(SLOT));
    host_end();
}

/* A change of the guest's entry: what it no longer grants goes, and is forgotten by one invlpg anywhere in the page. */
static void test_guest_changes(void) {
    static const pte_t values[] = {0, LARGE & ~PTE_W, LARGE & ~PTE_U, LARGE | PTE_A | PTE_PCD, LARGE | PTE_D,
                                   LARGE | PTE_A | 0x4000, (LARGE | PTE_A | PTE_D) - (1u << L2_SHIFT),
                                   L1 << PAGE_SHIFT | ALL | PTE_A};
    uint32_t i;

    for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        guest_begin();
        access_in(SLOT, 3, true);
        set_guest_entry(SLOT, values[i]);
        CHECK_EQUAL(*shadow_entry(SLOT), 0);
        CHECK_EQUAL(host.flushes, 0); /* F1 */
        CHECK(remembered(3, FAULT_WRITE));
        shadow_invlpg(host.shadow, BASE + 9 * PAGE_SIZE);
        mmu_forget_page(BASE + 9 * PAGE_SIZE);
        CHECK(!remembered(3, 0));
        CHECK_EQUAL(host.flushes, 0); /* F6 is about pieces */
        host_audit();
        host_end();
    }
    guest_begin();
    access_in(SLOT, 3, true);
    set_guest_entry(SLOT, LARGE | PTE_A | PTE_D | PTE_AVAIL | PTE_G);
    CHECK(is_superpage(SLOT)); /* nothing that counts has changed */
    host_audit();
    host_end();
}

/* P3: superpages of the same frames hold their references together. */
static void test_shared(void) {
    uint32_t i;

    guest_begin();
    host_table(OTHER_L2)[SLOT] = LARGE & ~PTE_W;
    host_table(OTHER_L2)[SLOT + 1] = LARGE | PTE_PCD;
    host_table(L2)[6] = LARGE;
    access_in(SLOT, 1, true);
    access_in(6, 2, true);
    host_load(OTHER_L2);
    access_in(SLOT, 3, false);
    access_in(SLOT + 1, 3, true);
    CHECK_EQUAL(host.shadow->references, 2048);
    for (i = FIRST; i < FIRST + 1024; i++) {
        CHECK(host.frames[i].read_references == 1 && host.frames[i].write_references == 1);
    }
    host_audit();
    set_guest_entry(SLOT, 0);
    CHECK_EQUAL(host.shadow->references, 1024);
    shadow_unpin(host.shadow, (mfn_t){L2});
    CHECK_EQUAL(host.shadow->references, 1024);
    set_guest_entry(SLOT + 1, 0);
    CHECK_EQUAL(host.shadow->references, 0);
    host_audit();
    host_end();
}

/* P5: each watcher ends them, and counts pages of 4 KiB; when it is gone there can be superpages again. */
static void test_watched(void) {
    static uint32_t marks[SHADOW_MARKS_BYTES(HOST_FRAMES) / 4];
    mfn_t frames[] = {{FIRST + 3}, {FIRST + 4}, {FIRST + 5}};
    uint32_t bitmap[1];

    guest_begin();
    access_in(SLOT, 3, true);
    shadow_log_dirty(host.shadow, marks, HOST_FRAMES);
    CHECK_EQUAL(*shadow_entry(SLOT), 0);
    host_audit();
    (void)shadow_read_dirty(host.shadow, frames, 3, bitmap, true);
    access_in(SLOT, 4, true);
    access_in(SLOT, 5, false);
    CHECK_EQUAL(shadow_read_dirty(host.shadow, frames, 3, bitmap, true), 1);
    CHECK_EQUAL(bitmap[0], 2); /* the one that was written, though all were writable and remembered before */
    host_audit();
    shadow_log_dirty(host.shadow, NULL, 0);
    set_guest_entry(SLOT, 0);
    flush();
    set_guest_entry(SLOT, LARGE);
    access_in(SLOT, 3, true);
    CHECK(is_superpage(SLOT));

    shadow_sample(host.shadow, marks, HOST_FRAMES);
    CHECK_EQUAL(*shadow_entry(SLOT), 0);
    (void)shadow_harvest(host.shadow, 0, 32);
    shadow_forget_used(host.shadow, frames, 3);
    access_in(SLOT, 4, false);
    (void)shadow_harvest(host.shadow, 0, 32);
    CHECK_EQUAL(shadow_read_used(host.shadow, frames, 3, bitmap), 1);
    CHECK_EQUAL(bitmap[0], 2);
    host_audit();
    shadow_sample(host.shadow, NULL, 0);
    host_end();
}

/*
 * With the guest's CR4.PGE a global one outlives the load of another base pointer, where one invlpg forgets it, and where
 * a frame of it that becomes a table is looked after (F9).
 */
static void test_global(void) {
    guest_begin();
    shadow_set_policy(host.shadow, SHADOW_POLICY_DEFAULT, SHADOW_SWITCHES_DEFAULT | SHADOW_SWITCH_GLOBAL);
    host_table(L2)[SLOT] = LARGE | PTE_G;
    host_table(OTHER_L2)[6] = (FIRST + 3) << PAGE_SHIFT | ALL;
    host_table(FIRST + 3)[7] = (FIRST + 7) << PAGE_SHIFT | ALL;
    access_in(SLOT, 3, true);
    access_in(SLOT, 4, true);
    CHECK_EQUAL(*shadow_entry(SLOT), LARGE | PTE_G | PTE_A | PTE_D);
    host_audit();
    host_load(OTHER_L2);
    CHECK(remembered(3, FAULT_WRITE));
    shadow_invlpg(host.shadow, BASE + 9 * PAGE_SIZE);
    mmu_forget_page(BASE + 9 * PAGE_SIZE);
    CHECK(!remembered(3, 0) && !remembered(4, 0));

    host_load(L2);
    access_in(SLOT, 3, true);
    host_load(OTHER_L2);
    access_in(6, 7, true);
    CHECK(!remembered(3, FAULT_WRITE));
    host_audit();
    host_load(L2);
    set_guest_entry(SLOT, LARGE | PTE_A | PTE_D);
    access_in(SLOT, 4, true);
    CHECK(in_pieces(SLOT));
    host_audit();
    host_end();

    guest_begin(); /* global no more: what is remembered is put off until a flush that forgets such */
    shadow_set_policy(host.shadow, SHADOW_POLICY_DEFAULT, SHADOW_SWITCHES_DEFAULT | SHADOW_SWITCH_GLOBAL);
    host_table(L2)[SLOT] = LARGE | PTE_G;
    access_in(SLOT, 3, true);
    set_guest_entry(SLOT, LARGE | PTE_A | PTE_D);
    CHECK_EQUAL(*shadow_entry(SLOT), 0);
    CHECK(host.shadow->stale & LOST_GLOBALS);
    host_end();
}

static void test_switch(void) {
    guest_begin();
    access_in(SLOT, 3, true);
    shadow_set_policy(host.shadow, SHADOW_POLICY_DEFAULT, SHADOW_SWITCHES_DEFAULT & ~SHADOW_SWITCH_SUPERPAGES);
    CHECK(*shadow_entry(SLOT) == 0 && remembered(3, FAULT_WRITE)); /* F5 */
    access_in(SLOT, 4, true);
    CHECK(in_pieces(SLOT));
    host_audit();
    host_end();
}

/*
 * A superpage that came while a table in it was out of sync goes when the table is protected again. In a root that is
 * out of sync itself an unseen store counts at the flush, as in a TLB.
 */
static void test_unseen(void) {
    uint32_t alias = 6u << L2_SHIFT | 1u << L1_SHIFT;
    struct translation translation;
    uint32_t error;

    guest_begin();
    host_table(L2)[6] = L1 << PAGE_SHIFT | ALL;
    host_table(L1)[1] = (FIRST + 3) << PAGE_SHIFT | ALL;
    host_table(L2)[7] = (FIRST + 3) << PAGE_SHIFT | ALL;
    host_table(FIRST + 3)[7] = (FIRST + 7) << PAGE_SHIFT | ALL;
    access_in(7, 7, true);
    CHECK(mmu_run(alias, 3, true, NULL, &translation, &error) == ACCESS_DONE && host.shadow->out_of_sync == 1);
    access_in(SLOT, 3, true);
    CHECK(is_superpage(SLOT) && remembered(3, FAULT_WRITE));
    flush();
    host_audit();
    access_in(7, 7, true); /* a table in sync again */
    CHECK(!remembered(3, FAULT_WRITE));
    access_in(SLOT, 4, true);
    CHECK(in_pieces(SLOT));
    host_audit();
    host_end();

    guest_begin();
    host_table(L2)[6] = L1 << PAGE_SHIFT | ALL;
    host_table(L1)[1] = L2 << PAGE_SHIFT | ALL;
    access_in(SLOT, 3, true);
    CHECK(mmu_run(alias, 3, true, NULL, &translation, &error) == ACCESS_DONE && host.shadow->out_of_sync == 1);
    host_table(L2)[SLOT] = 0; /* what the instruction did */
    host_audit();
    CHECK(remembered(3, FAULT_WRITE));
    shadow_invlpg(host.shadow, BASE);
    mmu_forget_page(BASE);
    CHECK(!remembered(3, 0));
    host_audit();
    host_end();
}

/* Each rule broken, and just it is named. */
static void broken_begin(void) {
    guest_begin();
    access_in(SLOT, 3, true);
    host_audit();
    host.violations_expected = true;
}

static void expect(uint32_t rules) {
    CHECK_EQUAL(host_audit_rules(), rules);
}

static void test_broken(void) {
    static uint32_t marks[SHADOW_MARKS_BYTES(HOST_FRAMES) / 4];
    uint32_t key = superframe_key(FIRST);

    broken_begin(); /* P1: a frame is not the domain's any more */
    host.frames[FIRST + 9].ownership = FOREIGN;
    expect(ONLY(RULE_S5));
    host.frames[FIRST + 9].ownership = OWNED;
    host_table(L2)[SLOT] = LARGE - (1u << L2_SHIFT); /* other frames than the guest's */
    expect(ONLY(RULE_S3));
    host_table(L2)[SLOT] = (LARGE | PTE_A | PTE_D) & ~PTE_U; /* more rights */
    expect(ONLY(RULE_S3));
    host_table(L2)[SLOT] = LARGE | PTE_A;
    expect(ONLY(RULE_S4));
    host_table(L2)[SLOT] = LARGE | PTE_D;
    expect(ONLY(RULE_S7));
    host_table(L2)[SLOT] = LARGE | PTE_A | PTE_D;
    *shadow_entry(SLOT) |= PTE_G; /* which the guest's is not, and nobody knows */
    expect(ONLY(RULE_S3) | ONLY(RULE_S2));
    *shadow_entry(SLOT) &= ~PTE_G;
    ++superframe_of(host.shadow, FIRST)->superpages[true]; /* P3 */
    expect(ONLY(RULE_S5));
    --superframe_of(host.shadow, FIRST)->superpages[true];
    rmap_remove(host.shadow, key, location_of(host.shadow, shadow_entry(SLOT))); /* P4; and so P3 */
    expect(ONLY(RULE_S6) | ONLY(RULE_S5));
    rmap_add(host.shadow, key, location_of(host.shadow, shadow_entry(SLOT)));
    host.shadow->dirty = marks; /* P5 */
    expect(ONLY(RULE_S13));
    host.shadow->dirty = NULL;
    expect(0);
    host_end();

    broken_begin(); /* P2 */
    never_protect = true;
    host_table(L2)[6] = (FIRST + 7) << PAGE_SHIFT | ALL;
    host_table(FIRST + 7)[7] = (FIRST + 7) << PAGE_SHIFT | PTE_P | PTE_U;
    access_in(6, 7, false);
    expect(ONLY(RULE_S4));
    host_end();
}

int main(int argc, char **argv) {
    random_begin(argc, argv);
    test_one_piece();
    test_not_in_one_piece();
    test_refused();
    test_table_inside();
    test_becomes_table();
    test_pieces_stay();
    test_release();
    test_guest_changes();
    test_shared();
    test_watched();
    test_global();
    test_switch();
    test_unseen();
    test_broken();
    return check_end("superpage");
}
