/*
 * test_engine.c - the whole engine under random guests.
 *
 * A guest with eight L2 tables and 24 L1 tables, which may map each other and themselves in every way, does random
 * things: stores to tables with instructions that are emulated and with ones that are not, accesses at every
 * privilege level, flushes, base-pointer switches, explicit updates, frames given away and taken back; policies change
 * under them. The software MMU remembers as much as it may. Checked: an access that succeeds was granted by the guest's
 * tables since its last flush (legality.h); one that the tables allow does succeed; a fault has the code that the tables
 * give; accessed and dirty are set; no access ever reaches a frame that was given away; the audit finds nothing.
 * Meanwhile somebody watches the guest's memory (watcher.h): every frame that was written is in the log, and no other;
 * every frame that was used is in the samples, and no other.
 */
#include <stdio.h>
#include <string.h>

#include "tests/unit/shadow/host.h"
#include "tests/unit/shadow/legality.h"
#include "tests/unit/shadow/mmu.h"
#include "tests/unit/shadow/watcher.h"

#define ROUNDS 100
#define STEPS 2500
#define ROOT_FIRST 64u
#define ROOTS 8u
#define CODE 12u
#define CODE_L1 13u
#define ALIAS_L1 14u
#define L1_FIRST 16u
#define L1S 24u
#define DATA_FIRST 40u
#define DATA 16u
#define ALIASED 128u     /* frames that the guest kernel maps all the time */
#define CODE_LINEAR (0x200u << L2_SHIFT)
#define ALIAS_LINEAR (0x201u << L2_SHIFT)

static uint32_t base;

/* A few addresses that come again and again, for a while. */
static uint32_t hot[3];

/* Often the table behind a hot address: then it is reached under two addresses. */
static uint32_t random_frame(bool upper) {
    uint32_t behind = base != 0 ? host_table(base)[l2_index(hot[random_below(3)])] >> PAGE_SHIFT : 0;

    if (random_below(3) == 0 && behind >= L1_FIRST && behind < L1_FIRST + L1S) {
        return behind;
    }
    if (upper && random_below(8) != 0) {
        return L1_FIRST + random_below(L1S);
    }
    switch (random_below(8)) {
    case 0:
        return ROOT_FIRST + random_below(ROOTS);
    case 1:
    case 2:
    case 3:
        return L1_FIRST + random_below(L1S);
    case 4:
        return random_below(16) == 0 ? random_word() >> 12 : 1024 + random_below(24);
    default:
        return DATA_FIRST + random_below(DATA);
    }
}

/* upper: for an L2 table */
static uint32_t random_entry(bool upper) {
    uint32_t bits = random_word(), entry = random_frame(upper) << PAGE_SHIFT;

    entry |= (bits & 15 ? PTE_P : 0) | (bits >> 4 & 7 ? PTE_W : 0) | (bits >> 24 & 7 ? PTE_U : 0);
    entry |= (bits >> 8 & 1 ? PTE_A : 0) | (bits >> 9 & 1 ? PTE_D : 0) | (bits >> 10 & 7 ? 0 : PTE_G) |
        (bits >> 13 & 7) << 9;
    if ((bits >> 16 & 7) == 0) {
        entry = (entry & 0xfff) | random_below(2) << L2_SHIFT | PTE_PS | (bits >> 19 & 7 ? 0 : 0x4000) |
                (bits >> 22 & 1 ? PTE_PWT : 0);
    }
    return entry;
}

static uint32_t random_linear(void) {
    uint32_t linear = (LEGAL_SLOT_FIRST + random_below(LEGAL_SLOTS)) << L2_SHIFT |
                      legal_indexes[random_below(LEGAL_INDEXES)] << L1_SHIFT;

    if (random_below(64) == 0) {
        hot[random_below(3)] = linear;
    }
    return random_below(4) != 0 ? hot[random_below(3)] : linear;
}

/* Byte offset of an entry that matters. */
static uint32_t random_offset(void) {
    return legal_indexes[random_below(LEGAL_INDEXES)] * 4;
}

static uint32_t random_table(void) {
    return random_below(3) == 0 ? ROOT_FIRST + random_below(ROOTS) : L1_FIRST + random_below(L1S);
}

/* Half-written entries may name any frame: these must not be written by chance, the test itself stands on them. */
static bool is_fixture(uint32_t frame) {
    return frame >= CODE && frame <= ALIAS_L1;
}

/* An entry to change: often one through which a hot address goes. */
static void random_place(uint32_t *table, uint32_t *offset) {
    uint32_t linear = hot[random_below(3)], l2e = host_table(base)[l2_index(linear)];

    *table = random_table();
    *offset = random_offset();
    if (random_below(3) == 0) {
        return;
    }
    if (random_below(3) == 0 || (l2e & PTE_PS) || l2e >> PAGE_SHIFT >= HOST_FRAMES) {
        *table = base;
        *offset = l2_index(linear) * 4;
    } else if (l2e >> PAGE_SHIFT < ALIASED && !is_fixture(l2e >> PAGE_SHIFT)) {
        *table = l2e >> PAGE_SHIFT;
        *offset = l1_index(linear) * 4;
    }
}

/* What to write there: something new, or what is there with one right or mark changed. */
static uint32_t random_change(uint32_t table, uint32_t offset) {
    static const uint32_t bits[] = {PTE_W, PTE_W, PTE_W, PTE_U, PTE_A, PTE_D, PTE_PCD};
    uint32_t old = host_table(table)[offset / 4];

    if (random_below(3) == 0 || old >> PAGE_SHIFT == 0) {
        return random_entry(table >= ROOT_FIRST);
    }
    if (!(old & PTE_P) || random_below(8) == 0) {
        return old ^ PTE_P;
    }
    return old ^ bits[random_below(7)];
}

/* Announcing guests are another program: these here announce nothing (test_policy.c). */
static void random_policy(void) {
    shadow_set_policy(host.shadow, (enum shadow_policy)random_below(SHADOW_ANNOUNCE), random_below(SHADOW_SWITCHES + 1));
}

static void guest_begin(void) {
    static const uint32_t pools[] = {16, 16, 17, 18, 64};
    uint32_t i, k;

    base = 0;
    host_begin(pools[random_below(5)]);
    mmu_use_caches(true);
    for (i = 0; i < ROOTS; i++) {
        host_table(ROOT_FIRST + i)[0x200] = CODE_L1 << PAGE_SHIFT | PTE_P | PTE_A;
        host_table(ROOT_FIRST + i)[0x201] = ALIAS_L1 << PAGE_SHIFT | PTE_P | PTE_W;
    }
    host_table(CODE_L1)[0] = CODE << PAGE_SHIFT | PTE_P;
    for (i = 0; i < ALIASED; i++) {
        host_table(ALIAS_L1)[i] = i << PAGE_SHIFT | PTE_P | PTE_W;
    }
    for (i = 0; i < ROOTS + L1S; i++) {
        uint32_t table = i < ROOTS ? ROOT_FIRST + i : L1_FIRST + i - ROOTS;

        for (k = 0; k < LEGAL_INDEXES; k++) {
            host_table(table)[legal_indexes[k]] = random_entry(false);
        }
        for (k = 0; i < ROOTS && k < LEGAL_SLOTS; k++) {
            host_table(table)[LEGAL_SLOT_FIRST + k] = random_entry(true);
        }
    }
    for (i = 0; i < 3; i++) {
        hot[i] = (LEGAL_SLOT_FIRST + i) << L2_SHIFT | legal_indexes[i] << L1_SHIFT;
    }
    random_policy();
    base = ROOT_FIRST;
    host_load(base);
    legality_load(base);
    watcher_begin();
}

/* One instruction that stores value at (edi); emulated ones first. */
struct store {
    const char *code;
    uint32_t length, size;
};

static const struct store stores[] = {
    {"\x89\x07", 2, 4}, {"\x66\x89\x07", 3, 2}, {"\x88\x07", 2, 1}, {"\x87\x07", 2, 4}, {"\xf0\x87\x07", 3, 4},
        {"\xab", 1, 4},
    {"\x0f\xc3\x07", 3, 4}, {"\xd9\x1f", 2, 4}, /* FSTP */
};

#define STORES (sizeof(stores) / sizeof(stores[0]))

static struct cpu_user_regs store_regs(const struct store *store, uint32_t linear, uint32_t value) {
    struct cpu_user_regs regs = {.eip = CODE_LINEAR + random_below(PAGE_SIZE - store->length + 1), .cs = FLAT_RING1_CS,
                                 .ds = FLAT_RING1_DS, .es = FLAT_RING1_DS, .ss = FLAT_RING1_DS, .edi = linear,
                                 .eax = value};

    memcpy(host_bytes(CODE) + regs.eip % PAGE_SIZE, store->code, store->length);
    shadow_frame_written(host.shadow, (mfn_t){CODE}); /* a half-written entry may have made a table of it */
    watcher_wrote(CODE);
    legality_moment();
    return regs;
}

/* A success: was it legal? */
static void check_success(uint32_t linear, uint32_t cpl, bool write, const struct translation *translation) {
    uint32_t frame = 0, table;
    int32_t fault = model_walk(base, linear, cpl, write, &frame);
    pte_t l2e = host_table(base)[l2_index(linear)], leaf = l2e;

    CHECK(translation->frame < HOST_FRAMES && host.frames[translation->frame].ownership != FOREIGN);
    CHECK(legality_allows(linear, translation->frame, write, cpl == 3));
    if (!translation->fresh || host.shadow->out_of_sync != 0) {
        return;
    }
    CHECK(fault == -1 && frame == translation->frame);
    CHECK(l2e & PTE_A);
    if (!(l2e & PTE_PS)) {
        table = l2e >> PAGE_SHIFT;
        leaf = host_table(table)[l1_index(linear)];
    }
    CHECK(leaf & PTE_A);
    CHECK(!write || (leaf & PTE_D));
}

/* Any access to the set; a write may land in a table. */
static void step_access(void) {
    uint32_t linear = random_linear(), cpl = random_below(4), offset = random_offset(), error = 0, frame,
    value = random_entry(false);
    bool write = random_below(2);
    const struct store *store = &stores[random_below(STORES)];
    struct cpu_user_regs regs = store_regs(store, linear + offset, value);
    int32_t fault = model_walk(base, linear, cpl, write, &frame);
    struct translation translation = {0, false};

    if (fault == -1 && is_fixture(frame)) {
        write = false;
        fault = model_walk(base, linear, cpl, write, &frame);
    }
    switch (mmu_run(linear + offset, cpl, write, &regs, &translation, &error)) {
    case ACCESS_DONE:
        check_success(linear, cpl, write, &translation);
        watcher_saw(translation.frame, write);
        if (write && !is_fixture(translation.frame)) {
            memcpy(host_bytes(translation.frame) + offset, &value, store->size);
        }
        break;
    case ACCESS_EMULATED:
        CHECK(write && cpl != 3 && fault == -1);
        CHECK(memcmp(host_bytes(frame) + offset, &value, store->size) == 0);
        watcher_saw(frame, true);
        break;
    case ACCESS_FAULT:
        CHECK_EQUAL(error, fault);
        break;
    case ACCESS_DEAD:
        CHECK(!"the domain lives");
    }
    legality_moment();
}

/* The guest kernel stores to a table through its map of all memory. */
static void step_store(void) {
    const struct store *store = &stores[random_below(STORES)];
    uint32_t table, offset, value, error, linear;
    struct translation translation = {0, false};
    struct cpu_user_regs regs;
    enum outcome outcome;

    random_place(&table, &offset);
    value = random_change(table, offset);
    linear = ALIAS_LINEAR + table * PAGE_SIZE + offset + (random_below(8) == 0 ? random_below(4) : 0);
    regs = store_regs(store, linear, value);
    outcome = mmu_run(linear, 1, true, &regs, &translation, &error);

    if (host.frames[table].ownership == FOREIGN) {
        CHECK(outcome == ACCESS_FAULT);
        return;
    }
    if (outcome == ACCESS_DONE) {
        CHECK(translation.frame == table);
        memcpy(host_bytes(table) + linear % PAGE_SIZE, &value, store->size);
    } else {
        CHECK(outcome == ACCESS_EMULATED);
        CHECK(memcmp(host_bytes(table) + linear % PAGE_SIZE, &value, store->size) == 0);
    }
    watcher_saw(table, true);
    legality_moment();
}

static void step_explicit(void) {
    uint32_t table, offset;
    int done;

    random_place(&table, &offset);
    done = shadow_write_entry(host.shadow, (mfn_t){table}, offset / 4, random_change(table, offset), random_below(2),
                              TRACE_WRITE_VIA_mmu_update);
    if (done == 0) {
        shadow_note_written(host.shadow, (mfn_t){table});
        watcher_wrote(table);
    }
    CHECK((done == 0) == (host.frames[table].ownership == OWNED));
    legality_moment();
}

static void step_flush(void) {
    uint32_t linear = random_linear();

    if (random_below(3) != 0) {
        shadow_invlpg(host.shadow, linear);
        mmu_forget_page(linear);
        legality_flush_page(linear);
    } else {
        shadow_flush(host.shadow);
        mmu_forget_all();
        legality_flush_all();
    }
}

static void step_switch(void) {
    uint32_t to = ROOT_FIRST + random_below(ROOTS), old = host.shadow->root;
    struct host_frame *frame = &host.frames[to];

    if (frame->ownership != OWNED) {
        smfn_t root;
        bool cached;

        CHECK(shadow_set_base_pointer(host.shadow, (mfn_t){to}, &root, &cached) != 0);
        CHECK(host.shadow->root == old);
        return;
    }
    host_load(to);
    base = to;
    legality_load(base);
}

/* A frame leaves the domain, or comes back. */
static void step_ownership(void) {
    uint32_t mfn = random_below(2) ? DATA_FIRST + random_below(DATA) : random_table(), i;

    for (i = 0; i < 128 && random_below(32) != 0; i++) {
        uint32_t back = random_below(128);

        host.frames[back].ownership = OWNED;
        shadow_note_written(host.shadow, (mfn_t){back});
        watcher_wrote(back);
    }
    if (mfn == base) {
        return;
    }
    if (host.frames[mfn].ownership == FOREIGN) {
        host.frames[mfn].ownership = OWNED;
        shadow_note_written(host.shadow, (mfn_t){mfn});
        watcher_wrote(mfn);
    } else {
        shadow_frame_released(host.shadow, (mfn_t){mfn});
        CHECK(host.frames[mfn].read_references == 0 && host.frames[mfn].write_references == 0);
        host.frames[mfn].ownership = FOREIGN;
    }
    legality_moment();
}

static void step(void) {
    uint32_t choice = random_below(101);

    if (random_below(100) == 0) {
        random_policy();
    }
    if (choice < 45) {
        step_access();
    } else if (choice < 75) {
        step_store();
    } else if (choice < 83) {
        step_explicit();
    } else if (choice < 93) {
        step_flush();
    } else if (choice < 96) {
        step_switch();
    } else if (choice < 98) {
        step_ownership();
    } else if (choice < 100) {
        shadow_unpin(host.shadow, (mfn_t){random_table()});
    } else {
        watcher_act();
    }
}

int main(int argc, char **argv) {
    uint32_t round, i, counters[COUNTERS] = {0};

    random_begin(argc, argv);
    for (round = 0; round < ROUNDS; round++) {
        guest_begin();
        for (i = 0; i < STEPS; i++) {
            step();
            CHECK(!host.dead);
            if (i % 16 == 0) {
                host_audit();
            }
        }
        for (i = 0; i < COUNTERS; i++) {
            counters[i] += shadow_counter(host.shadow, i);
        }
        watcher_end();
        host_end();
    }
    watcher_check_done();
    for (i = 0; i < COUNTERS; i++) {
        printf("%s %u\n", trace_value_name(&trace_enumeration_counter, i), counters[i]);
    }
    /* the interesting paths were taken */
    CHECK(counters[TRACE_COUNTER_emulated_writes] > 1000 && counters[TRACE_COUNTER_unshadows] > 100);
    CHECK(counters[TRACE_COUNTER_splinters] > 100 && counters[TRACE_COUNTER_reclaimed] > 10);
    CHECK(counters[TRACE_COUNTER_flushes] > 1000);
    CHECK(counters[TRACE_COUNTER_oos_unsyncs] > 100 && counters[TRACE_COUNTER_oos_entries] > 100);
    CHECK(counters[TRACE_COUNTER_prefetched] > 100);
    return check_end("engine");
}
