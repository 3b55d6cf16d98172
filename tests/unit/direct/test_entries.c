/*
 * test_entries.c - what an entry may be: every combination of the twelve flags, on every kind of frame, over every kind
 * of old entry, on both levels.
 *
 * The verdict must be that of the small model below, which knows nothing of old entries: so the short way for changes
 * of flags can never allow what the long way refuses (XSA-148, XSA-182). A refused entry changes nothing; references
 * after an accepted one are recounted.
 */
#include <string.h>

#include "tests/unit/direct/host.h"
#include "xen/direct/direct_mode.h"
#include "xen/direct/update.h"
#include "xen/domain/mode.h"

/* Guest frames and what they are. */
enum { DIRECTORY, TABLE, OTHER_TABLE, OTHER_DIRECTORY, DEEP_DIRECTORY, DEEPER, GDT, DATA, OTHER, MAPPED, BUSY };

enum kind { KIND_DATA, KIND_WRITTEN, KIND_TABLE, KIND_DIRECTORY, KIND_SELF, KIND_MAPS, KIND_GDT, KIND_SHARED_INFO,
            KIND_NOT_OURS };

struct target {
    uint32_t mfn;
    enum kind l1, l2;  /* what it is to an entry of that level */
};

static const struct target targets[] = {
    { FRAME(DATA), KIND_DATA, KIND_DATA },
    { FRAME(MAPPED), KIND_DATA, KIND_WRITTEN },
    { FRAME(OTHER_TABLE), KIND_TABLE, KIND_TABLE },
    { FRAME(TABLE), KIND_SELF, KIND_TABLE },
    { FRAME(DIRECTORY), KIND_DIRECTORY, KIND_SELF },
    { FRAME(OTHER_DIRECTORY), KIND_DIRECTORY, KIND_DIRECTORY },
    { FRAME(DEEP_DIRECTORY), KIND_DIRECTORY, KIND_MAPS },
    { FRAME(GDT), KIND_GDT, KIND_GDT },
    { HOST_SHARED_INFO, KIND_SHARED_INFO, KIND_NOT_OURS },
    { HOST_FOREIGN, KIND_NOT_OURS, KIND_NOT_OURS },
    { HOST_FREE, KIND_NOT_OURS, KIND_NOT_OURS },
    { HOST_OWN_ROOT, KIND_NOT_OURS, KIND_NOT_OURS },
    { HOST_LIMIT, KIND_NOT_OURS, KIND_NOT_OURS },
    { 0xfffff, KIND_NOT_OURS, KIND_NOT_OURS },
};

#define TARGETS (sizeof(targets) / sizeof(targets[0]))
#define SLOT 5u
#define NEVER (1u << 3 | 1u << 4 | 1u << 7 | 1u << 8)  /* PWT, PCD, PS or PAT, G */

/* The model: rules D3 and D4. mapped: the directory is one that another directory maps. */
static bool may_be(uint32_t level, enum kind kind, uint32_t flags, bool mapped) {
    bool writable = flags & 2;

    if (!(flags & 1)) {
        return true;
    }
    if (flags & NEVER) {
        return false;
    }
    switch (kind) {
    case KIND_DATA:
        return true;
    case KIND_SHARED_INFO:
        return level == 1;
    case KIND_TABLE:
        return level == 2 || !writable;
    case KIND_SELF:
        return !writable;
    case KIND_DIRECTORY:
        return !writable && (level == 1 || !mapped);
    case KIND_MAPS:
    case KIND_GDT:
        return level == 1 && !writable;
    default:
        return false;
    }
}

static void write(uint32_t table, uint32_t index, pte_t value) {
    CHECK_EQUAL(update_entry(&host.domain, request(table, index, false), value), 0);
}

static void begin(bool mapped) {
    host_reset(&mode_direct);
    host_table(FRAME(DIRECTORY))[0] = ENTRY(FRAME(TABLE), PTE_P | PTE_W);
    host_table(FRAME(DIRECTORY))[1] = ENTRY(FRAME(OTHER_TABLE), PTE_P | PTE_W);
    host_table(FRAME(OTHER_TABLE))[3] = ENTRY(FRAME(MAPPED), PTE_P | PTE_W);
    CHECK_EQUAL(host_load(FRAME(DIRECTORY)), 0);
    CHECK_EQUAL(direct_pin(&host.domain, (mfn_t){ FRAME(OTHER_DIRECTORY) }, 2), 0);
    CHECK_EQUAL(direct_pin(&host.domain, (mfn_t){ FRAME(DEEPER) }, 2), 0);
    host_table(FRAME(DEEP_DIRECTORY))[9] = ENTRY(FRAME(DEEPER), PTE_P);
    CHECK_EQUAL(direct_pin(&host.domain, (mfn_t){ FRAME(DEEP_DIRECTORY) }, 2), 0);
    if (mapped) {
        write(FRAME(DEEP_DIRECTORY), 10, ENTRY(FRAME(DIRECTORY), PTE_P));
    }
    CHECK(frame_get_with_type(host.domain.id, (mfn_t){ FRAME(GDT) }, FRAME_GDT));
    host.vcpu.gdt_entries = 1;
    host.vcpu.gdt_frames[0].n = FRAME(GDT);
    host_audit();
}

static uint32_t accepted, short_ways;

/* The references are right without AVAIL, and the same with it. Flags come in ascending order. */
static void recount(pte_t value) {
    static struct frame kept[2][HOST_LIMIT];

    if (value & PTE_AVAIL) {
        CHECK(host_same_frames(kept[(value & PTE_W) != 0]));
    } else {
        CHECK_EQUAL(host_audit_rules(), 0);
        host_keep_frames(kept[(value & PTE_W) != 0]);
    }
}

/* One update and its way back. entry: where it is; before: the frames as they are with old in it; empty: with nothing. */
static void try(uint32_t table, pte_t value, bool preserve, bool allowed, const struct frame *before,
                const struct frame *empty) {
    pte_t *entry = &host_table(table)[SLOT], old = *entry, wanted = preserve ? value | (old & (PTE_A | PTE_D)) : value;
    uint32_t short_before = host.domain.mmu_counters[TRACE_MMU_COUNTER_flag_updates];
    int result = update_entry(&host.domain, request(table, SLOT, preserve), value);

    CHECK_EQUAL(result == 0, allowed);
    if (result != 0) {
        CHECK(*entry == old && host_same_frames(before) && host.domain.direct.refusal.reason != 0);
        CHECK(host.domain.direct.leaving == NO_FRAME && host.domain.direct.partial == 0);
        return;
    }
    CHECK_EQUAL(*entry, wanted);
    accepted++;
    short_ways += host.domain.mmu_counters[TRACE_MMU_COUNTER_flag_updates] - short_before;
    host_finish_leaving();
    if (value & PTE_P) {
        recount(value);
    } else {
        CHECK(host_same_frames(empty));
    }
    write(table, SLOT, old);
    host_finish_leaving();
    CHECK(host_same_frames(before));
}

static void all_flags(uint32_t level, uint32_t table, const struct target *target, pte_t old, bool mapped) {
    static struct frame before[HOST_LIMIT], empty[HOST_LIMIT];
    enum kind kind = level == 1 ? target->l1 : target->l2;

    host_keep_frames(empty);
    if (update_entry(&host.domain, request(table, SLOT, false), old) != 0) {
        return; /* no such old entry; whether that is right the model says where it is the new one */
    }
    host_keep_frames(before);
    for (uint32_t flags = 0; flags < PAGE_SIZE; flags++) {
        if (level == 2 && !(flags & PTE_P) && target != targets && (flags & PTE_AVAIL)) {
            continue; /* nothing is nothing, whatever it does not name; and a table is checked anew each time */
        }
        try(table, ENTRY(target->mfn, flags), flags & PTE_PWT ? flags & PTE_AVAIL : !(flags & PTE_AVAIL),
            may_be(level, kind, flags, mapped), before, empty);
    }
    write(table, SLOT, 0);
    host_finish_leaving();
    CHECK(host_same_frames(empty));
}

static void test_level(uint32_t level, bool mapped) {
    uint32_t table = FRAME(level == 1 ? TABLE : DIRECTORY);

    begin(mapped);
    for (uint32_t i = 0; i < TARGETS; i++) {
        const pte_t olds[] = { 0, ENTRY(FRAME(OTHER), PTE_P), ENTRY(FRAME(OTHER), PTE_P | PTE_W | PTE_A | PTE_D),
                               ENTRY(targets[i].mfn, PTE_P | PTE_A), ENTRY(targets[i].mfn, PTE_P | PTE_W | PTE_D),
                               ENTRY(targets[i].mfn, PTE_W) };

        for (uint32_t k = 0; k < sizeof(olds) / sizeof(olds[0]); k++) {
            all_flags(level, table, &targets[i], olds[k], mapped);
        }
    }
    host_audit();
}

/* The hypervisor's slots are nobody's to write (D6), whatever the entry. */
static void test_hypervisor_slots(void) {
    begin(false);
    for (uint32_t slot = HYPERVISOR_L2_FIRST; slot < TABLE_ENTRIES; slot++) {
        pte_t before = host_table(FRAME(DIRECTORY))[slot];

        for (uint32_t flags = 0; flags < PAGE_SIZE; flags += 5) {
            CHECK(update_entry(&host.domain, request(FRAME(DIRECTORY), slot, flags & 1),
                               flags & 8 ? before | PTE_A : flags) != 0);
            CHECK_EQUAL(host.domain.direct.refusal.reason, TRACE_REFUSAL_hypervisor_slot);
        }
        CHECK_EQUAL(host_table(FRAME(DIRECTORY))[slot], before);
    }
    host_audit();
}

/* Frames that are no tables: memory where it may be written, else refused. */
static void test_no_table(void) {
    static const uint32_t refused[] = { FRAME(GDT), HOST_FOREIGN, HOST_FREE, HOST_OWN_ROOT, HOST_SHARED_INFO, HOST_LIMIT,
                                        0xfffff, 0xffffffff };

    begin(false);
    write(FRAME(DATA), 7, 0xffffffff);
    CHECK_EQUAL(host_table(FRAME(DATA))[7], 0xffffffff);
    CHECK_EQUAL(update_entry(&host.domain, request(FRAME(MAPPED), 7, true), 0), 0);
    for (uint32_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        CHECK(update_entry(&host.domain, request(refused[i], 7, false), 0) != 0);
    }
    host_audit();
}

int main(int argc, char **argv) {
    random_begin(argc, argv);
    host_begin();
    test_level(1, false);
    test_level(2, false);
    test_level(2, true);
    CHECK(accepted > 100000 && short_ways > 1000);
    test_hypervisor_slots();
    test_no_table();
    return check_end("entries");
}
