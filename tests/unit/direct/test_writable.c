/*
 * test_writable.c - tables that the guest writes by itself.
 *
 * Two machines that begin alike: in one the guest writes to a disconnected table, in the other each store is an
 * update of an entry; when the table is connected again both have the same tables and the same references. Forbidden
 * entries end the domain, are named, and leave counts that add up. The TLB that remembers everything never sees an
 * unchecked entry.
 */
#include <stdio.h>
#include <string.h>

#include "tests/unit/direct/host.h"
#include "xen/direct/direct_mode.h"
#include "xen/direct/table.h"
#include "xen/direct/update.h"
#include "xen/direct/writable.h"
#include "xen/domain/mode.h"

/* Guest frames: 24 and up are plain memory, 60 is a descriptor table. */
enum { DIRECTORY, TABLE, MAPPER, SECOND, UNLINKED, OTHER_DIRECTORY, DYING_DIRECTORY, DYING_TABLE, MEMORY = 24, GDT = 60 };

#define MEMORY_FRAMES 8u
#define ROUNDS 150u
/* Where the guest writes TABLE, SECOND and UNLINKED; MAPPER is in slots 1 and (test_mapped_twice) 2. */
#define WINDOW(n) (1u << L2_SHIFT | (uint32_t)(n) << L1_SHIFT)
#define KERNEL_WRITE 3u

static void begin(void) {
    host_reset(&mode_writable);
    CHECK_EQUAL(host.domain.mode->prepare(&host.domain), 0);
    host_table(FRAME(DIRECTORY))[0] = ENTRY(FRAME(TABLE), PTE_P | PTE_W);
    host_table(FRAME(DIRECTORY))[1] = ENTRY(FRAME(MAPPER), PTE_P | PTE_W);
    host_table(FRAME(DIRECTORY))[3] = ENTRY(FRAME(SECOND), PTE_P | PTE_W);
    host_table(FRAME(MAPPER))[0] = ENTRY(FRAME(TABLE), PTE_P);
    host_table(FRAME(MAPPER))[1] = ENTRY(FRAME(SECOND), PTE_P);
    host_table(FRAME(MAPPER))[2] = ENTRY(FRAME(UNLINKED), PTE_P);
    host_table(FRAME(MAPPER))[3] = ENTRY(FRAME(MAPPER), PTE_P);
    host_table(FRAME(MAPPER))[4] = ENTRY(FRAME(DYING_TABLE), PTE_P);
    CHECK(frame_get_with_type(host.domain.id, (mfn_t){ FRAME(GDT) }, FRAME_GDT));
    host.vcpu.gdt_entries = 1;
    host.vcpu.gdt_frames[0].n = FRAME(GDT);
    CHECK_EQUAL(direct_pin(&host.domain, (mfn_t){ FRAME(UNLINKED) }, 1), 0);
    CHECK_EQUAL(host_load(FRAME(DIRECTORY)), 0);
    host_audit();
}

static enum fault_answer fault(uint32_t linear, uint32_t error_code) {
    struct cpu_user_regs regs = { .eip = 0xf0000000 }; /* no code there: nothing is emulated */

    return host.domain.mode->page_fault(&host.domain, linear, &error_code, &regs, false);
}

static void write_fault(uint32_t window) {
    CHECK_EQUAL(fault(WINDOW(window) + 4 * random_below(TABLE_ENTRIES), KERNEL_WRITE), FAULT_REPAIRED);
    CHECK(host.domain.direct.disconnected.active);
    host_audit();
}

static void settle(void) {
    host.domain.mode->settle(&host.domain, TRACE_RECONNECT_preempted);
    CHECK(!host.domain.direct.disconnected.active);
    host_audit();
}

static pte_t random_entry(void) {
    static const uint32_t flags[] = { 0, PTE_P, PTE_P | PTE_W, PTE_P | PTE_W | PTE_U | PTE_A | PTE_D, PTE_P | PTE_A, PTE_W };
    pte_t entry = ENTRY(FRAME(MEMORY + random_below(MEMORY_FRAMES)), flags[random_below(6)] | random_below(8) << 9);

    switch (random_below(12)) {
    case 0:
        return random_word() & ~PTE_P;
    case 1: /* tables and descriptors may be looked at */
        return ENTRY(FRAME(random_below(2) ? GDT : random_below(UNLINKED + 1)), PTE_P);
    case 2:
        return ENTRY(HOST_SHARED_INFO, PTE_P | (random_below(2) ? PTE_W : 0));
    default:
        return entry;
    }
}

struct store {
    uint32_t table, index;
    pte_t value;
};

#define STORES 64u

static struct frame frames[HOST_LIMIT];
static uint8_t memory[HOST_LIMIT][PAGE_SIZE];

static void keep(void) {
    host_keep_frames(frames);
    memcpy(memory, host_table(0), sizeof(memory));
}

/* Everything is as it was kept; the heap's page holds what it holds. */
static bool same(void) {
    memcpy(memory[HOST_BEFORE], host_table(HOST_BEFORE), PAGE_SIZE);
    return host_same_frames(frames) && memcmp(memory, host_table(0), sizeof(memory)) == 0;
}

static const uint32_t written[] = { TABLE, SECOND, UNLINKED };

/* Its table: an index of written. */
static struct store random_store(void) {
    return (struct store){ random_below(3), random_below(8) ? random_below(16) : random_below(TABLE_ENTRIES),
                           random_entry() };
}

/* The guest's way: store; a fault when another table is disconnected or none. */
static void store_as_guest(const struct store *store) {
    const struct disconnected *disconnected = &host.domain.direct.disconnected;
    uint32_t mfn = FRAME(written[store->table]);

    if (!disconnected->active || disconnected->table.n != mfn) {
        write_fault(store->table);
        CHECK_EQUAL(disconnected->table.n, mfn);
    }
    CHECK(host_table(FRAME(MAPPER))[store->table] & PTE_W);
    host_table(mfn)[store->index] = store->value;
    host_tlb_fill();
    host_tlb_check();
}

/* Something that needs the table whole. */
static void disturb(void) {
    switch (random_below(5)) {
    case 0:
        CHECK_EQUAL(host_load(FRAME(DIRECTORY)), 0);
        break;
    case 1:
        host.domain.mode->flush(&host.domain, TRACE_CAUSE_mmuext_tlb_flush_local);
        break;
    case 2:
        host.domain.mode->invlpg(&host.domain, WINDOW(9), TRACE_CAUSE_mmuext_invlpg_local);
        break;
    case 3: /* a fault of any other kind */
        CHECK_EQUAL(fault(WINDOW(9), random_below(2) ? 0 : 7), FAULT_REPAIRED);
        CHECK_EQUAL(fault(WINDOW(9), 0), FAULT_TO_GUEST);
        break;
    default:
        CHECK_EQUAL(host.domain.mode->pin(&host.domain, (mfn_t){ FRAME(UNLINKED) }, 1), -22);
    }
    host_audit();
}

static void test_against_updates(void) {
    static struct store stores[STORES];

    for (uint32_t round = 0; round < ROUNDS; round++) {
        uint32_t count = 1 + random_below(STORES), table = 0;

        for (uint32_t i = 0; i < count; i++) {
            stores[i] = random_store();
            table = random_below(4) ? table : stores[i].table; /* mostly the same one again */
            stores[i].table = table;
        }
        begin();
        for (uint32_t i = 0; i < count; i++) {
            CHECK_EQUAL(update_entry(&host.domain, request(FRAME(written[stores[i].table]), stores[i].index, false), stores[i].value), 0);
        }
        keep();
        begin();
        for (uint32_t i = 0; i < count; i++) {
            store_as_guest(&stores[i]);
            if (random_below(8) == 0) {
                disturb();
            }
        }
        settle();
        CHECK(same() && !host.domain.ended);
    }
}

/* One entry that may not be, among others that may. */
static void test_forbidden(void) {
    static const pte_t forbidden[] = {
        ENTRY(FRAME(TABLE), PTE_P | PTE_W), ENTRY(FRAME(MAPPER), PTE_P | PTE_W), ENTRY(FRAME(DIRECTORY), PTE_P | PTE_W),
        ENTRY(FRAME(SECOND), PTE_P | PTE_W | PTE_A), ENTRY(FRAME(GDT), PTE_P | PTE_W), ENTRY(HOST_FOREIGN, PTE_P),
        ENTRY(HOST_FREE, PTE_P), ENTRY(0xfffff, PTE_P), ENTRY(HOST_OWN_ROOT, PTE_P), ENTRY(FRAME(MEMORY), PTE_P | PTE_G),
        ENTRY(FRAME(MEMORY), PTE_P | PTE_PS), ENTRY(FRAME(MEMORY), PTE_P | PTE_PCD), ENTRY(FRAME(MEMORY), PTE_P | PTE_PWT),
    };

    for (uint32_t i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]) * 4; i++) {
        pte_t entry = forbidden[i / 4];
        uint32_t index = random_below(TABLE_ENTRIES);

        begin();
        for (uint32_t k = 0; k < 20; k++) {
            struct store store = random_store();

            store.table = 0;
            store_as_guest(&store);
        }
        if (i % 2) {
            settle(); /* it replaces an entry that has been accepted */
            write_fault(0);
        }
        host_table(FRAME(TABLE))[index] = entry;
        settle();
        CHECK(host.domain.ended && host.failures == 1);
        CHECK(host.domain.direct.refusal.table.n == FRAME(TABLE) && host.domain.direct.refusal.index == index);
        CHECK(host.domain.direct.refusal.entry == entry && host.domain.direct.refusal.reason != 0);
        CHECK_EQUAL(host_table(FRAME(TABLE))[index], 0);
        CHECK(host_table(FRAME(DIRECTORY))[0] & PTE_P);
    }
}

/* W2: the table's entry is gone as long as the guest writes, and the one through which it writes is its only one. */
static void test_disconnected(void) {
    begin();
    write_fault(0);
    CHECK(!(host_table(FRAME(DIRECTORY))[0] & PTE_P) && host_tlb_writes(FRAME(TABLE)));
    CHECK_EQUAL(fault(5u << L1_SHIFT, 0), FAULT_REPAIRED); /* used: connected again */
    CHECK(!host.domain.direct.disconnected.active && !host_tlb_writes(FRAME(TABLE)));
    CHECK(host_table(FRAME(DIRECTORY))[0] & PTE_P);
    CHECK_EQUAL(fault(5u << L1_SHIFT, 0), FAULT_TO_GUEST);
    CHECK_EQUAL(fault(WINDOW(0), 7), FAULT_TO_GUEST);      /* a user's write is none */
    CHECK_EQUAL(fault(WINDOW(3), KERNEL_WRITE), FAULT_TO_GUEST); /* a table through itself: emulated, and there is no code */
    CHECK_EQUAL(fault(WINDOW(9), KERNEL_WRITE), FAULT_TO_GUEST);
    CHECK(!host.domain.direct.disconnected.active);
    host_audit();
}

/* The table that maps the written one is there twice in one directory: the TLB must forget both ways to write. */
static void test_mapped_twice(void) {
    for (uint32_t other = 0; other < 2; other++) {
        begin();
        CHECK_EQUAL(update_entry(&host.domain, request(FRAME(DIRECTORY), 2, false), ENTRY(FRAME(MAPPER), PTE_P | PTE_W)), 0);
        fault(WINDOW(0) + (other ? 1u << L2_SHIFT : 0), KERNEL_WRITE);
        host_tlb_fill();
        settle();
        CHECK(!host_tlb_writes(FRAME(TABLE)));
    }
}

/* It was there twice, and the processor was never told that it no longer is. */
static void test_once_mapped_twice(void) {
    static const uint32_t slots[][2] = { { 2, 1 }, { 2, 0 }, { 1, 0 }, { 1, 1 } };

    begin();
    CHECK_EQUAL(direct_pin(&host.domain, (mfn_t){ FRAME(MAPPER) }, 1), 0);
    for (uint32_t i = 0; i < 4; i++) {
        CHECK_EQUAL(update_entry(&host.domain, request(FRAME(DIRECTORY), slots[i][0], false), slots[i][1] ? ENTRY(FRAME(MAPPER), PTE_P | PTE_W) : 0), 0);
        host_audit();
    }
    write_fault(0);
    settle();
    CHECK(!host_tlb_writes(FRAME(TABLE)));
}

/* The same table, in the same place of two directories, is there once: one page is forgotten, and no more. */
static void test_shared_mapper(void) {
    begin();
    host_table(FRAME(OTHER_DIRECTORY))[1] = ENTRY(FRAME(MAPPER), PTE_P | PTE_W);
    CHECK_EQUAL(direct_pin(&host.domain, (mfn_t){ FRAME(OTHER_DIRECTORY) }, 2), 0);
    uint32_t before = host.flushes;

    write_fault(0);
    settle();
    CHECK_EQUAL(host.flushes, before);
}

/* A directory is being given up, and the guest writes to a table that it still uses: nothing may get lost on the way. */
static void test_leaving(void) {
    for (uint32_t budget = 1; budget < 2200; budget += 1 + budget / 7) {
        static struct frame kept[HOST_LIMIT];

        begin();
        host_table(FRAME(DYING_DIRECTORY))[7] = ENTRY(FRAME(DYING_TABLE), PTE_P | PTE_W);
        host_table(FRAME(DYING_TABLE))[7] = ENTRY(FRAME(MEMORY), PTE_P | PTE_W);
        host_keep_frames(kept);
        host.domain.direct.budget = DIRECT_UNBOUNDED;
        CHECK_EQUAL(host.domain.mode->pin(&host.domain, (mfn_t){ FRAME(DYING_DIRECTORY) }, 2), 0);
        CHECK_EQUAL(host.domain.mode->unpin(&host.domain, (mfn_t){ FRAME(DYING_DIRECTORY) }), 0);
        host.domain.direct.budget = budget;
        (void)tables_left(&host.domain);
        fault(WINDOW(4), KERNEL_WRITE);
        host_audit();
        fault(WINDOW(4), KERNEL_WRITE);
        host_audit();
        host.domain.direct.budget = DIRECT_UNBOUNDED; /* the next hypercall */
        CHECK(tables_left(&host.domain));
        settle();
        CHECK(host_same_frames(kept));
        CHECK_EQUAL(host_table(FRAME(DYING_DIRECTORY))[7], ENTRY(FRAME(DYING_TABLE), PTE_P | PTE_W));
    }
}

int main(int argc, char **argv) {
    random_begin(argc, argv);
    host_begin();
    test_disconnected();
    test_against_updates();
    test_forbidden();
    test_shared_mapper();
    test_mapped_twice();
    test_once_mapped_twice();
    test_leaving();
    return check_end("writable");
}
