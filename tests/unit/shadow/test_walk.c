/*
 * test_walk.c - the walker at privilege levels 0 to 3, over all flags that matter at both levels, against the model
 * in mmu.c; then what it writes back, and the lookups for the hypervisor's own use.
 */
#include "tests/unit/shadow/host.h"
#include "tests/unit/shadow/mmu.h"

#define L2 8u
#define L1 9u
#define LINEAR (0x123u << L2_SHIFT | 0x45u << L1_SHIFT)

static const uint32_t flags[] = {PTE_P, PTE_W, PTE_U, PTE_A, PTE_D, PTE_PS, PTE_G, PTE_PCD};

static uint32_t spread(uint32_t bits, uint32_t count) {
    uint32_t i, entry = 0;

    for (i = 0; i < count; i++) {
        entry |= bits >> i & 1 ? flags[i] : 0;
    }
    return entry;
}

static void walk_once(uint32_t upper, uint32_t lower, uint32_t cpl, bool write) {
    uint32_t frame = 0, wanted = 0, leaf;
    struct walk walk;
    pte_t marked;
    int32_t fault;
    bool allowed;

    host_table(L2)[l2_index(LINEAR)] = upper;
    host_table(L1)[l1_index(LINEAR)] = lower;
    fault = model_walk(L2, LINEAR, cpl, write, &frame);
    allowed = walk_begin(host.shadow, LINEAR, (write ? FAULT_WRITE : 0) | (cpl == 3 ? FAULT_USER : 0), &walk);
    CHECK(allowed == (fault == -1));
    if (!allowed) {
        CHECK_EQUAL(walk.error, fault);
        walk_end(&walk);
        CHECK(host_table(L2)[l2_index(LINEAR)] == upper && host_table(L1)[l1_index(LINEAR)] == lower);
        return;
    }
    CHECK_EQUAL(walk.frame.n, frame);
    marked = 0;
    CHECK(walk_is_marked(&walk) || walk_mark(host.shadow, &walk, &marked));
    CHECK(walk_is_marked(&walk));
    walk_end(&walk);
    wanted = PTE_A | (write ? PTE_D : 0);
    leaf = upper & PTE_PS ? upper | wanted : lower | wanted;
    CHECK_EQUAL(host_table(L2)[l2_index(LINEAR)], upper & PTE_PS ? leaf : upper | PTE_A);
    CHECK_EQUAL(host_table(L1)[l1_index(LINEAR)], upper & PTE_PS ? lower : leaf);
}

static void test_matrix(void) {
    uint32_t upper, lower, cpl, write, reserved;

    for (upper = 0; upper < 256; upper++) {
        for (lower = 0; lower < 256; lower++) {
            for (cpl = 0; cpl < 4; cpl++) {
                for (write = 0; write < 2; write++) {
                    uint32_t l2e = spread(upper, 8), table = l2e & PTE_PS ? 1u << L2_SHIFT : L1 << PAGE_SHIFT;

                    walk_once(l2e | table, spread(lower, 8) | 70u << PAGE_SHIFT, cpl, write);
                }
            }
        }
    }
    for (reserved = 12; reserved < 22; reserved++) { /* bit 12 is PAT, the rest is reserved in a large entry */
        for (cpl = 0; cpl < 4; cpl++) {
            walk_once(1u << L2_SHIFT | 1u << reserved | PTE_P | PTE_PS | PTE_W, 0, cpl, true);
            walk_once(1u << L2_SHIFT | 1u << reserved | PTE_P | PTE_PS | PTE_U, 0, cpl, false);
            walk_once(1u << L2_SHIFT | 1u << reserved | PTE_PS | PTE_U, 0, cpl, false);
        }
    }
}

/* Tables and frames that do not exist or are not the domain's: not present (G1). */
static void test_foreign(void) {
    host.frames[20].ownership = FOREIGN;
    host.frames[21].ownership = GRANTED_READ;
    walk_once(20u << PAGE_SHIFT | PTE_P | PTE_W | PTE_U, 0, 1, false);
    walk_once(21u << PAGE_SHIFT | PTE_P | PTE_W | PTE_U, 0, 1, false);
    walk_once(0xfffffu << PAGE_SHIFT | PTE_P | PTE_W | PTE_U, 0, 3, true);
    walk_once(L1 << PAGE_SHIFT | PTE_P | PTE_W, HOST_FRAMES << PAGE_SHIFT | PTE_P | PTE_W, 1, true);
    walk_once(0xff400000u | PTE_P | PTE_W | PTE_PS, 0, 1, true);
}

/* The hypervisor's part of the linear space is not the guest's. */
static void test_range(void) {
    struct walk walk;

    host_table(L2)[HYPERVISOR_L2_FIRST] = L1 << PAGE_SHIFT | PTE_P | PTE_W;
    CHECK(!walk_begin(host.shadow, HYPERVISOR_LINEAR_START, FAULT_WRITE, &walk));
    CHECK_EQUAL(walk.error, FAULT_WRITE);
    walk_end(&walk);
}

static void test_lookup(void) {
    uint32_t index;
    mfn_t table;

    host_table(L2)[l2_index(LINEAR)] = L1 << PAGE_SHIFT | PTE_P;
    host_table(L1)[l1_index(LINEAR)] = 0;
    CHECK_EQUAL(shadow_find_l1(host.shadow, LINEAR, &table, &index), 0);
    CHECK(table.n == L1 && index == l1_index(LINEAR));
    CHECK_EQUAL(shadow_guest_l1e(host.shadow, LINEAR), 0);
    host_table(L2)[l2_index(LINEAR)] = 1u << L2_SHIFT | PTE_P | PTE_PS | PTE_W;
    CHECK(shadow_find_l1(host.shadow, LINEAR, &table, &index) != 0);
    CHECK_EQUAL(shadow_guest_l1e(host.shadow, LINEAR), (1024 + l1_index(LINEAR)) << PAGE_SHIFT | PTE_P | PTE_W);
    host_table(L2)[l2_index(LINEAR)] = 0;
    CHECK(shadow_find_l1(host.shadow, LINEAR, &table, &index) != 0);
}

int main(int argc, char **argv) {
    random_begin(argc, argv);
    host_begin(16);
    host_load(L2);
    test_matrix();
    test_foreign();
    test_range();
    test_lookup();
    host_end();
    return check_end("walk");
}
