/*
 * test_read_only.c - stores of the guest kernel through read-only mappings: carried out for L1 tables, when the
 * guest has the assist; a fault of the guest in every other case, with nothing changed.
 */
#include <stdint.h>
#include <string.h>
#include <xen/xen.h>

#include "shadow/shadow.h"
#include "shadow/walk.h"
#include "tests/unit/shadow/check.h"
#include "tests/unit/shadow/host.h"
#include "tests/unit/shadow/mmu.h"

enum { L2 = 10, DATA_L1 = 11, CODE_L1 = 12, TABLE = 13, PLAIN = 14, CODE = 15 };
#define DATA 0x40000000u
#define CODE_AT 0x41000000u
#define VALUE 0x87654320u

/* Everything that decides. */
struct situation {
    bool assist, known, shadowed, user, large, foreign, ring3;
};

static void guest_begin(const struct situation *situation) {
    pte_t user = situation->user ? PTE_U : 0;

    host_begin(32);
    mmu_use_caches(false);
    host.stores_to_tables = situation->assist;
    host.frames[TABLE].known_table = situation->known;
    host_table(L2)[l2_index(DATA)] = DATA_L1 << PAGE_SHIFT | PTE_P | PTE_W | user;
    host_table(L2)[l2_index(CODE_AT)] = CODE_L1 << PAGE_SHIFT | PTE_P | PTE_W;
    host_table(L2)[1] = TABLE << PAGE_SHIFT | PTE_P | PTE_W;
    host_table(DATA_L1)[0] = TABLE << PAGE_SHIFT | PTE_P | user;
    host_table(CODE_L1)[0] = CODE << PAGE_SHIFT | PTE_P;
    memcpy(host_bytes(CODE), "\x89\x07", 2); /* mov %eax,(%edi) */
    host_load(L2);
    if (situation->shadowed) { /* by a walk through slot 1 */
        struct translation translation;
        uint32_t error;

        host_table(TABLE)[1000] = PLAIN << PAGE_SHIFT | PTE_P;
        CHECK(mmu_run(1u << L2_SHIFT | 1000u << L1_SHIFT, 1, false, NULL, &translation, &error) == ACCESS_DONE);
    }
    if (situation->large) {
        host_table(L2)[l2_index(DATA)] = PTE_P | PTE_PS;
    }
    if (situation->foreign) {
        host.frames[TABLE].ownership = GRANTED_READ;
    }
}

/* May such a store be carried out? In the words of read_only.h, not in its code. */
static bool expected(const struct situation *situation) {
    return situation->assist && (situation->known || situation->shadowed) && !situation->large &&
           !situation->foreign && !situation->ring3;
}

static void test_situation(const struct situation *situation) {
    struct cpu_user_regs regs = {.eip = CODE_AT, .cs = situation->ring3 ? FLAT_RING3_CS : FLAT_RING1_CS,
                                 .ds = FLAT_RING1_DS, .eflags = 0x202, .edi = DATA + 16, .eax = VALUE};
    uint32_t error = FAULT_WRITE | FAULT_PRESENT | (situation->ring3 ? FAULT_USER : 0), code = error;
    bool done;

    guest_begin(situation);
    done = shadow_page_fault(host.shadow, DATA + 16, &error, &regs, false) == SHADOW_RETRY;
    CHECK_EQUAL(done, expected(situation));
    CHECK_EQUAL(regs.eip, CODE_AT + (done ? 2 : 0));
    CHECK_EQUAL(host_table(TABLE)[4], done ? VALUE : 0);
    if (!done) {
        CHECK_EQUAL(error & (FAULT_WRITE | FAULT_USER), code & (FAULT_WRITE | FAULT_USER));
        CHECK(error & FAULT_PRESENT);
    }
    CHECK(!done || !(host_table(DATA_L1)[0] & PTE_D));
    if (!situation->foreign) {
        host_audit();
        host_end();
    } else {
        host_abandon();
    }
}

static void test_all_situations(void) {
    for (uint32_t bits = 0; bits < 128; bits++) {
        struct situation situation = {bits & 1, bits >> 1 & 1, bits >> 2 & 1, bits >> 3 & 1, bits >> 4 & 1,
                                      bits >> 5 & 1, bits >> 6 & 1};

        test_situation(&situation);
    }
}

/* The store is propagated: the shadow of the table follows at once. */
static void test_propagated(void) {
    static const struct situation situation = {.assist = true, .known = true, .shadowed = true};
    struct cpu_user_regs regs = {.eip = CODE_AT, .cs = FLAT_RING1_CS, .ds = FLAT_RING1_DS, .eflags = 0x202,
                                 .edi = DATA + 1000 * sizeof(pte_t), .eax = 0};
    uint32_t error = FAULT_WRITE | FAULT_PRESENT;
    struct translation translation;

    guest_begin(&situation);
    CHECK(shadow_page_fault(host.shadow, DATA + 1000 * sizeof(pte_t), &error, &regs, false) == SHADOW_RETRY);
    shadow_invlpg(host.shadow, 1u << L2_SHIFT | 1000u << L1_SHIFT);
    mmu_forget_page(1u << L2_SHIFT | 1000u << L1_SHIFT);
    CHECK(mmu_run(1u << L2_SHIFT | 1000u << L1_SHIFT, 1, false, NULL, &translation, &error) == ACCESS_FAULT);
    host_audit();
    host_end();
}

int main(int argc, char **argv) {
    random_begin(argc, argv);
    test_all_situations();
    test_propagated();
    return check_end("read_only");
}
