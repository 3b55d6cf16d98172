/*
 * test_global.c - global pages (rule F9): what outlives the load of another base pointer, and what forgets it.
 *
 * What the TLB holds is asked of the software MMU; what it may not hold any more when somebody else relies on that
 * (F2, F3) is the point of most tests.
 */
#include <string.h>

#include "shadow/hash.h"
#include "shadow/heat.h"
#include "tests/unit/shadow/host.h"
#include "tests/unit/shadow/mmu.h"

/*
 * Two directories. At KERNEL both have table KERNEL_L1, with all frames below 1024, global; at OWN each has a table of
 * its own; at CODE_SLOT the code.
 */
#define L2 8u
#define OTHER_L2 9u
#define CODE 10u
#define CODE_L1 11u
#define KERNEL_L1 12u
#define OWN_L1 13u
#define OTHER_OWN_L1 14u
#define TABLE 16u         /* is to become a table */
#define DATA 64u
#define KERNEL 0x300u
#define OWN 0x100u
#define CODE_SLOT 0x200u
#define ALL (PTE_P | PTE_W | PTE_U | PTE_A | PTE_D)
#define SEEN(frame) (KERNEL << L2_SHIFT | (frame) << L1_SHIFT)  /* where the kernel sees a frame */
#define PAGE(n) (OWN << L2_SHIFT | (uint32_t)(n) << L1_SHIFT)

static pte_t entry_of(uint32_t frame, pte_t flags) {
    return frame << PAGE_SHIFT | flags;
}

static void guest_begin(enum shadow_policy policy, bool global) {
    static const uint32_t directories[] = {L2, OTHER_L2};
    uint32_t i;

    host_begin(32);
    mmu_use_caches(true);
    for (i = 0; i < 2; i++) {
        host_table(directories[i])[OWN] = entry_of(OWN_L1 + i, ALL);
        host_table(directories[i])[CODE_SLOT] = entry_of(CODE_L1, ALL);
        host_table(directories[i])[KERNEL] = entry_of(KERNEL_L1, ALL);
    }
    host_table(CODE_L1)[0] = entry_of(CODE, ALL);
    for (i = 0; i < TABLE_ENTRIES; i++) {
        host_table(KERNEL_L1)[i] = entry_of(i, ALL | PTE_G);
    }
    memcpy(host_bytes(CODE), "\x89\x07", 2); /* mov %eax, (%edi) */
    shadow_set_policy(host.shadow, policy, SHADOW_SWITCHES_DEFAULT | (global ? SHADOW_SWITCH_GLOBAL : 0));
    host_load(L2);
}

static void touch(uint32_t linear, bool write) {
    struct translation translation;
    uint32_t error;

    CHECK_EQUAL(mmu_run(linear, 1, write, NULL, &translation, &error), ACCESS_DONE);
}

/* The frame to which the TLB would translate an access, or 0. */
static uint32_t held(uint32_t linear) {
    return mmu_holds(linear, false);
}

static void end(void) {
    host_audit();
    host_end();
}

/* What outlives the load of another base pointer, and that nothing else does. */
static void test_load(void) {
    bool global;

    for (global = false;; global = true) {
        guest_begin(SHADOW_EMULATE, global);
        host_table(OWN_L1)[1] = entry_of(DATA, ALL);
        host_table(OWN_L1)[2] = entry_of(DATA + 1, ALL | PTE_G);
        host_table(OWN_L1)[3] = entry_of(DATA + 2, PTE_P | PTE_W | PTE_G); /* the first access marks it */
        host_table(OWN_L1)[4] = entry_of(DATA + 3, ALL | PTE_G);           /* somebody else's, and granted */
        host.frames[DATA + 3].ownership = GRANTED_READ;
        host_table(L2)[OWN + 1] = entry_of(0, ALL | PTE_PS | PTE_G);        /* in pieces */
        touch(PAGE(1), true);
        touch(PAGE(2), true);
        touch(PAGE(3), false);
        touch(PAGE(4), false);
        touch((OWN + 1) << L2_SHIFT, false);
        touch(SEEN(DATA), true);
        CHECK_EQUAL(shadow_has_global(host.shadow), global);
        host_load(OTHER_L2);
        CHECK_EQUAL(held(PAGE(1)), 0);
        CHECK_EQUAL(held(PAGE(2)), global ? DATA + 1 : 0);
        CHECK_EQUAL(held(PAGE(3)), global ? DATA + 2 : 0);
        CHECK(held(PAGE(4)) == 0 && held((OWN + 1) << L2_SHIFT) == 0);
        CHECK_EQUAL(mmu_holds(SEEN(DATA), true), global ? DATA : 0);
        CHECK_EQUAL(host.flushes, 0);
        end();
        if (global) {
            return;
        }
    }
}

/* invlpg forgets one, also under another base pointer; a flush forgets all. */
static void test_flushes(void) {
    guest_begin(SHADOW_EMULATE, true);
    touch(SEEN(DATA), true);
    touch(SEEN(DATA + 1), true);
    host_load(OTHER_L2);
    shadow_invlpg(host.shadow, SEEN(DATA));
    mmu_forget_page(SEEN(DATA));
    CHECK(held(SEEN(DATA)) == 0 && held(SEEN(DATA + 1)) == DATA + 1);
    shadow_flush(host.shadow);
    mmu_forget_all();
    CHECK_EQUAL(held(SEEN(DATA + 1)), 0);
    end();
}

/* A frame that only the other base pointer's tables map, globally, becomes a table (F2). */
static void test_table(void) {
    guest_begin(SHADOW_EMULATE, true);
    host_table(OWN_L1)[5] = entry_of(TABLE, ALL | PTE_G);
    touch(PAGE(5), true);
    host_load(OTHER_L2);
    CHECK_EQUAL(mmu_holds(PAGE(5), true), TABLE);
    host_table(OTHER_L2)[OWN + 2] = entry_of(TABLE, ALL);
    host_table(TABLE)[0] = entry_of(DATA, ALL);
    touch((OWN + 2) << L2_SHIFT, false);
    CHECK_EQUAL(held(PAGE(5)), 0);
    CHECK(host.page_flushes == 1 && host.full_flushes == 0 && host.last_cause == TRACE_CAUSE_write_protect);
    end();
}

/* The same when every directory maps it there: that is still one address. */
static void test_shared_table(void) {
    guest_begin(SHADOW_EMULATE, true);
    touch(SEEN(TABLE), true);
    host_load(OTHER_L2);
    touch(SEEN(DATA), true);
    host_table(OTHER_L2)[OWN + 2] = entry_of(TABLE, ALL);
    host_table(TABLE)[0] = entry_of(DATA, ALL);
    touch((OWN + 2) << L2_SHIFT, false);
    CHECK(host.page_flushes == 1 && host.full_flushes == 0 && host.last_linear == SEEN(TABLE));
    CHECK(held(SEEN(TABLE)) == 0 && held(SEEN(DATA)) == DATA);
    end();
}

/* What was put off stays put off when the same base pointer is loaded again: that forgets no global translation. */
static void test_same_base_pointer(void) {
    smfn_t root;

    guest_begin(SHADOW_EMULATE, true);
    host_table(OWN_L1)[5] = entry_of(TABLE, ALL | PTE_G);
    host_table(TABLE)[0] = entry_of(DATA, ALL);
    touch(PAGE(5), true);
    CHECK(shadow_same_base_pointer(host.shadow, (mfn_t){L2}, &root));
    CHECK_EQUAL(shadow_write_entry(host.shadow, (mfn_t){OWN_L1}, 5, 0, false, TRACE_WRITE_VIA_mmu_update), 0);
    if (!shadow_same_base_pointer(host.shadow, (mfn_t){L2}, &root)) {
        host_load(L2);
    }
    mmu_forget_non_global();
    CHECK_EQUAL(mmu_holds(PAGE(5), true), TABLE);
    CHECK_EQUAL(shadow_write_entry(host.shadow, (mfn_t){L2}, OWN + 2, entry_of(TABLE, ALL), false,
                                   TRACE_WRITE_VIA_mmu_update), 0);
    touch((OWN + 2) << L2_SHIFT, false);
    CHECK_EQUAL(held(PAGE(5)), 0);
    end();
}

/* It leaves the domain (F3). */
static void test_release(void) {
    guest_begin(SHADOW_EMULATE, true);
    host_table(OWN_L1)[5] = entry_of(DATA, PTE_P | PTE_G | PTE_A);
    touch(PAGE(5), false);
    host_load(OTHER_L2);
    CHECK_EQUAL(held(PAGE(5)), DATA);
    shadow_frame_released(host.shadow, (mfn_t){DATA});
    CHECK_EQUAL(held(PAGE(5)), 0);
    end();
}

/* What was put off and was global is remembered over loads, and everything is forgotten when it counts. */
static void put_off_and_release(void (*put_off)(void)) {
    guest_begin(SHADOW_EMULATE, true);
    host_load(OTHER_L2); /* the roots are there: nothing becomes a table meanwhile */
    host_load(L2);
    host_table(OWN_L1)[5] = entry_of(DATA, ALL | PTE_G);
    touch(PAGE(5), true);
    put_off();
    host_load(OTHER_L2);
    host_load(OTHER_L2);
    CHECK_EQUAL(held(PAGE(5)), DATA);
    shadow_frame_released(host.shadow, (mfn_t){DATA});
    CHECK(held(PAGE(5)) == 0 && host.full_flushes == 1);
    host_load(L2);
    CHECK_EQUAL(host.shadow->stale, 0);
    end();
}

static void write_entry(uint32_t table, uint32_t index, pte_t value) {
    CHECK_EQUAL(shadow_write_entry(host.shadow, (mfn_t){table}, index, value, false, TRACE_WRITE_VIA_mmu_update), 0);
}

static void cleared(void) {
    write_entry(OWN_L1, 5, 0);
}

static void unlinked(void) {
    write_entry(L2, OWN, 0);
}

/* Another directory links the table, and this one does not any more. */
static void linked_elsewhere(void) {
    write_entry(OTHER_L2, OWN + 3, entry_of(OWN_L1, ALL));
    host_load(OTHER_L2);
    touch((OWN + 3) << L2_SHIFT | 5u << L1_SHIFT, false);
    write_entry(L2, OWN, 0);
}

static void not_global_any_more(void) {
    write_entry(OWN_L1, 5, entry_of(DATA, ALL));
    host_load(OTHER_L2); /* forgets what is not global, but the TLB has it from before */
    CHECK_EQUAL(host.full_flushes, 0);
}

static void reclaimed(void) {
    shadow_unpin(host.shadow, (mfn_t){OWN_L1});
}

/* A table goes back into sync when another base pointer is loaded; the kernel's map of it is global (S8, F9). */
static void test_out_of_sync(void) {
    struct cpu_user_regs regs = {.eip = CODE_SLOT << L2_SHIFT, .cs = FLAT_RING1_CS, .ds = FLAT_RING1_DS,
                                 .es = FLAT_RING1_DS, .ss = FLAT_RING1_DS, .edi = SEEN(OWN_L1) + 8,
                                 .eax = entry_of(DATA, ALL)};
    struct translation translation;
    uint32_t i, error;

    guest_begin(SHADOW_OOS, true);
    host_table(OWN_L1)[0] = entry_of(DATA, ALL);
    touch(PAGE(0), true);
    for (i = 0; i < HEAT_OOS; i++) {
        struct cpu_user_regs now = regs;

        (void)mmu_run(regs.edi, 1, true, &now, &translation, &error);
    }
    CHECK_EQUAL(hash_find(host.shadow, KIND_L1, OWN_L1, 0)->sync, UNSYNCED_OOS);
    touch(SEEN(DATA), true);
    CHECK_EQUAL(mmu_holds(SEEN(OWN_L1), true), OWN_L1);
    host_load(OTHER_L2);
    CHECK_EQUAL(hash_find(host.shadow, KIND_L1, OWN_L1, 0)->sync, SYNCED);
    CHECK_EQUAL(mmu_holds(SEEN(OWN_L1), true), 0);
    CHECK(host.page_flushes == 1 && host.full_flushes == 0 && held(SEEN(DATA)) == DATA);
    end();
}

/* The log is cleaned while another base pointer is loaded (W5). */
static void test_log(void) {
    static uint32_t marks[HOST_FRAMES / 32];
    mfn_t frame = {DATA};
    uint32_t bitmap;

    guest_begin(SHADOW_EMULATE, true);
    shadow_log_dirty(host.shadow, marks, HOST_FRAMES);
    host_table(OWN_L1)[5] = entry_of(DATA, ALL | PTE_G);
    touch(PAGE(5), true);
    host_load(OTHER_L2);
    CHECK_EQUAL(shadow_read_dirty(host.shadow, &frame, 1, &bitmap, true), 1);
    CHECK_EQUAL(mmu_holds(PAGE(5), true), 0);
    shadow_log_dirty(host.shadow, NULL, 0);
    end();
}

/* The guest's CR4.PGE is cleared: nothing global is left, in tables or in the TLB; and so with another pool. */
static void test_switch(void) {
    guest_begin(SHADOW_EMULATE, true);
    touch(SEEN(DATA), true);
    shadow_set_policy(host.shadow, SHADOW_EMULATE, SHADOW_SWITCHES_DEFAULT);
    CHECK(held(SEEN(DATA)) == 0 && host.full_flushes != 0 && !shadow_has_global(host.shadow));
    touch(SEEN(DATA), true);
    host_load(OTHER_L2);
    CHECK_EQUAL(held(SEEN(DATA)), 0);
    shadow_set_policy(host.shadow, SHADOW_EMULATE, SHADOW_SWITCHES_DEFAULT | SHADOW_SWITCH_GLOBAL);
    touch(SEEN(DATA), true);
    host_load(L2);
    CHECK_EQUAL(held(SEEN(DATA)), DATA);
    host.loaded.n = 0;
    mmu_forget_all();
    shadow_clear(host.shadow);
    CHECK(!shadow_has_global(host.shadow) && host.shadow->stale == 0);
    host_resize(64);
    host_load(L2);
    touch(SEEN(DATA), true);
    CHECK(shadow_has_global(host.shadow));
    end();
}

int main(int argc, char **argv) {
    static void (*const put_offs[])(void) = {cleared, unlinked, linked_elsewhere, not_global_any_more, reclaimed};
    uint32_t i;

    random_begin(argc, argv);
    test_load();
    test_flushes();
    test_table();
    test_shared_table();
    test_same_base_pointer();
    test_release();
    for (i = 0; i < sizeof(put_offs) / sizeof(put_offs[0]); i++) {
        put_off_and_release(put_offs[i]);
    }
    test_out_of_sync();
    test_log();
    test_switch();
    return check_end("global");
}
