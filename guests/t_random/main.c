/*
 * t_random - random changes to page tables, in every way a guest can make them, and after each a look whether the
 * processor translates as the guest's tables say.
 *
 * Frames are directories, tables and data all at once: any entry may name any of them, so tables are written through
 * data mappings, directories serve as tables, data as tables. Changes are plain stores, locked instructions, string
 * instructions, hypercalls, stores through an alias, a change of the base pointer. An entry that was not present needs
 * no flush; others get one at once, or later, and until then nothing is looked at. Command line: steps=N (default
 * 6000), seed=N (default 1). Shadow mode only, elsewhere it ends with outcome skip; t_random_calls is for every mode.
 * Expected outcome: success.
 */
#include "guests/t_random/t_random.h"

#include <stddef.h>

#include "guests/lib/boot.h"
#include "guests/lib/check.h"
#include "guests/lib/console.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/outcome.h"
#include "guests/lib/probe.h"
#include "guests/lib/random.h"
#include "guests/lib/string.h"
#include "guests/lib/traps.h"
#include "guests/lib/user.h"

#define UNUSED_WORD 100u         /* in directories, tables and data alike */
#define MARK 0xda7a0000u         /* the first word of a data frame, not a present entry */

uint32_t *views[FRAMES];
uint32_t current_directory;

static uint32_t step;
static bool flush_due;           /* an entry became weaker since the last flush */
static uint32_t reads, writes, faults, user_accesses;

/* Faults of ring 3 end user_run, those of probes go on. */
static void any_trap(struct trap_frame *frame) {
    user_trapped(frame);
    panic("trap %u in ring 1 at %x", frame->vector, frame->eip);
}

/* --- what is written --- */

/*
 * A number that is no frame of ours: a low machine frame, one of the hypervisor's, whose shared_info we may map; or, when
 * we are translated, one beyond all that we have.
 */
static uint32_t foreign_frame(void) {
    if (boot_is_translated())
        return 0x80000 + random_below(0x400);
    for (;;) {
        uint32_t mfn = random_below(0x400);

        if (!boot_owns(mfn) && mfn != start_info->shared_info >> 12)
            return mfn;
    }
}

static pte_t random_entry(void) {
    static const pte_t rights[] = {
        0, PTE_P, PTE_P | PTE_W, PTE_P | PTE_W | PTE_U, PTE_P | PTE_W | PTE_A | PTE_D, PTE_P | PTE_U | PTE_A,
    };
    uint32_t kind = random_below(32);
    pte_t flags = rights[random_below(sizeof(rights) / sizeof(rights[0]))] | random_below(8) << 9;

    if (kind == 0)
        return 0;
    if (kind == 1)
        return foreign_frame() << 12 | flags;
    return boot_mfn_of(page_frame(views[random_below(FRAMES)])) << 12 | flags;
}

/* An entry of a directory must not be a large page: its frames would be those of the kernel. */
static pte_t *random_place(void) {
    uint32_t frame = random_below(DIRECTORIES + TABLES);

    if (frame < DIRECTORIES || random_below(2) == 0)
        return &views[frame][FIRST_SLOT + random_below(SLOTS)];
    return &views[frame][random_below(LOW_ENTRIES)];
}

static uint64_t machine_address(const pte_t *place) {
    return (uint64_t)boot_mfn_of(page_frame(place)) << 12 | (pointer_word(place) & (GUEST_PAGE_SIZE - 1));
}

static void write_place(pte_t *place, pte_t value) {
    struct mmu_update request = { machine_address(place), value };
    volatile pte_t *live = place;
    pte_t old = *live;

    if ((old & PTE_P) != 0)
        flush_due = true;
    switch (random_below(8)) {
    case 0:
        __asm__ volatile("xchgl %0, %1" : "+r"(value), "+m"(*live) : : "memory");
        break;
    case 1:
        __asm__ volatile("lock cmpxchgl %2, %1" : "+a"(old), "+m"(*live) : "r"(value) : "memory", "cc");
        break;
    case 2:
        check_equal(hypercall_mmu_update(&request, 1, NULL, DOMID_SELF), 0);
        break;
    case 3:
        __asm__ volatile("lock andl %1, %0" : "+m"(*live) : "r"(~(PTE_W | PTE_D)) : "memory", "cc");
        break;
    case 4:
        __asm__ volatile("lock btrl %1, %0" : "+m"(*live) : "r"(random_below(2) * 5) : "memory", "cc");     /* P or A */
        break;
    default:
        *live = value;
        break;
    }
}

/* Fill the first entries of a table, or copy them from another, with a string instruction. */
static void write_string(void) {
    uint32_t *to = views[DIRECTORIES + random_below(TABLES)], *from = views[DIRECTORIES + random_below(TABLES)];
    uint32_t count = LOW_ENTRIES;

    flush_due = true;
    if (random_below(2) == 0)
        __asm__ volatile("rep stosl" : "+D"(to), "+c"(count) : "a"(random_entry()) : "memory");
    else
        __asm__ volatile("rep movsl" : "+S"(from), "+D"(to), "+c"(count) : : "memory");
}

static void switch_directory(void) {
    current_directory = random_below(DIRECTORIES);
    check_equal(tables_load(views[current_directory]), 0);
    flush_due = false;
}

static uint32_t random_linear(void) {
    uint32_t entry = random_below(2) == 0 ? random_below(LOW_ENTRIES) : FIRST_SLOT + random_below(SLOTS);

    return (FIRST_SLOT + random_below(SLOTS)) * L2_SPAN + entry * GUEST_PAGE_SIZE;
}

static void update_va_mapping(void) {
    uint32_t linear = random_linear();
    struct translation before = model_walk(linear);
    long result = hypercall_update_va_mapping(linear, random_entry(), UVMF_INVLPG);

    /* Where there is no table it must be refused; a foreign frame may be, at once or at the first touch. */
    if (before.l1 == NULL)
        check(result != 0);
    flush_due = true;                    /* the table may be reached at other addresses as well */
}

/* --- what is looked at --- */

static bool right(bool holds, const char *what, uint32_t linear, const struct translation *wanted) {
    if (check_condition(holds, what, __FILE__, __LINE__))
        return true;
    print("  step %u: %s at %x: l2 %x, l1 %x, frame %u, present %d, writable %d, foreign %d\n", step, what, linear,
          *wanted->l2, wanted->l1 != NULL ? *wanted->l1 : 0, wanted->frame, wanted->present, wanted->writable,
          wanted->foreign);
    check_finish();
}

static void look_by_reading(uint32_t linear) {
    struct translation wanted = model_walk(linear);
    uint32_t offset = random_below(2) == 0 ? 0 : FIRST_SLOT * 4, got = 0;
    bool read = probe_read(linear + offset, &got);

    right(read == wanted.present, "reading", linear, &wanted);
    if (!read) {
        faults++;
        if (!wanted.foreign)
            right(probe_error_code() == 0, "error code of reading", linear, &wanted);
        return;
    }
    reads++;
    right((*wanted.l2 & *wanted.l1 & PTE_A) != 0, "accessed mark", linear, &wanted);
    /* The marks may have changed the very word that was read. */
    right(((got ^ views[wanted.frame][offset / 4]) & ~(PTE_A | PTE_D)) == 0, "contents", linear, &wanted);
}

/* A write goes to where an entry may be, so into tables it puts an entry. */
static void look_by_writing(uint32_t linear) {
    struct translation wanted = model_walk(linear);
    bool was_dirty = wanted.l1 != NULL && (*wanted.l1 & PTE_D) != 0;
    uint32_t index = FIRST_SLOT + random_below(SLOTS);
    pte_t value = random_entry();
    bool expected = wanted.present && wanted.writable;
    pte_t *place = expected ? &views[wanted.frame][index] : NULL;
    bool wrote = probe_write(linear + index * 4, value);

    right(wrote == expected, "writing", linear, &wanted);
    if (!wrote) {
        faults++;
        if (!wanted.foreign)
            right(probe_error_code() == (wanted.present ? 3 : 2), "error code of writing", linear, &wanted);
        if (wanted.l1 != NULL && !was_dirty && !wanted.foreign)
            right((*wanted.l1 & PTE_D) == 0, "dirty mark without a write", linear, &wanted);
        return;
    }
    writes++;
    if (place != wanted.l1 && place != wanted.l2)
        right((*wanted.l1 & PTE_D) != 0, "dirty mark", linear, &wanted);
    right(((*(volatile pte_t *)place ^ value) & ~(PTE_A | PTE_D)) == 0, "contents written", linear, &wanted);
    if (wanted.frame < DIRECTORIES + TABLES)
        flush_due = true;
}

USER_CODE_PIECE(code_read, "movl (%eax), %eax\n\tint3");
USER_CODE_PIECE(code_write, "movl %eax, (%eax)\n\tint3");

/* The same from ring 3, for which the user bits of both levels count. Writes go to a word that no entry is made of. */
static void look_from_ring_3(uint32_t linear) {
    struct translation wanted = model_walk(linear);
    bool write = random_below(2) == 0;
    bool expected = wanted.present && wanted.user && (!write || wanted.writable);
    struct trap_frame *frame = user_run(write ? &code_write : &code_read, linear + UNUSED_WORD * 4);

    right((frame->vector == 3) == expected, write ? "writing in ring 3" : "reading in ring 3", linear, &wanted);
    if (expected) {
        user_accesses++;
        if (write)
            right(views[wanted.frame][UNUSED_WORD] == linear + UNUSED_WORD * 4, "written in ring 3", linear, &wanted);
    } else if (!wanted.foreign) {
        uint32_t error_code = 4 | (write ? 2 : 0) | (wanted.present ? 1 : 0);

        right(frame->vector == 14 && frame->error_code == error_code, "error code in ring 3", linear, &wanted);
    }
}

static void do_step(void) {
    uint32_t what = random_below(16);

    if (what == 0)
        switch_directory();
    else if (what == 1)
        write_string();
    else if (what == 2)
        update_va_mapping();
    else
        write_place(random_place(), random_entry());
    if (flush_due) {
        if (random_below(4) == 0)
            return;                      /* later, together with what comes next */
        tables_flush();
        flush_due = false;
    }
    for (uint32_t i = 0; i < 3 && !flush_due; i++)
        look_by_reading(random_linear());
    if (!flush_due && step % 4 == 0)
        look_from_ring_3(random_linear());
    if (!flush_due)
        look_by_writing(random_linear());
}

_Noreturn void guest_main(void) {
    uint32_t steps = boot_number("steps", 6000);

    traps_install();
    trap_handle(3, any_trap);
    trap_handle(13, any_trap);
    probe_start();
    user_start();
    random_start(boot_number("seed", 1));
    if (!boot_feature(XENFEAT_writable_page_tables)) {
        print("only in shadow mode frames are tables and data at once: there is nothing to test\n");
        finish(PENUMBRA_OUTCOME_skip);
    }
    for (uint32_t i = 0; i < FRAMES; i++) {
        views[i] = page_take();
        if (i < DIRECTORIES)
            memcpy(views[i], tables_directory(), GUEST_PAGE_SIZE);
        else if (i >= DIRECTORIES + TABLES)
            views[i][0] = MARK | i << 1;
    }
    switch_directory();
    for (step = 0; step < steps; step++)
        do_step();
    print("%u steps: %u reads, %u writes, %u faults, %u accesses in ring 3\n", steps, reads, writes, faults, user_accesses);
    check(reads > steps / 20 && writes > steps / 100 && faults > steps / 20 && user_accesses > steps / 200);
    check_equal(tables_load(tables_directory()), 0);
    check_finish();
}
