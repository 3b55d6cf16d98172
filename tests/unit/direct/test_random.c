/*
 * test_random.c - a guest that does anything: entries of all kinds in frames of all kinds, linear mappings, pins,
 * base pointers, descriptor tables, frames given back, flushes, stores to disconnected tables, mode switches; with
 * budgets so small that checking and giving up stop everywhere, and calls that are never asked again.
 *
 * After each operation the audit finds nothing and the TLB remembers nothing that it must not; when a checked mode
 * has been left no frame has a type.
 */
#include <stdio.h>
#include <string.h>

#include <xen/errno.h>

#include "tests/unit/direct/host.h"
#include "tests/unit/direct/shadow_mode.h"
#include "xen/direct/table.h"
#include "xen/direct/walk.h"
#include "xen/domain/memory.h"
#include "xen/domain/switch.h"
#include "xen/mm/tlb.h"

#define ROUNDS 9000u
#define TABLES 18u      /* guest frames that become tables now and then; 0 is the first directory */
#define USED 30u        /* guest frames in use at all */
#define KERNEL_WRITE 3u

/* How often what happened: a test that does nothing would find nothing. */
static struct {
    uint32_t written, refused, pinned, unpinned, loaded, again, abandoned, linear, given_back, switched, not_switched,
        disconnected, killed;
} happened;

static bool in_shadow(void) {
    return host.domain.mode == &fake_shadow;
}

static uint32_t some_frame(void) {
    return random_below(40) == 0 ? random_below(HOST_LIMIT + 4) : FRAME(random_below(USED));
}

static uint32_t some_table(void) {
    return FRAME(random_below(TABLES));
}

/* Of few places, so that they meet. */
static uint32_t some_index(void) {
    return random_below(60) == 0 ? random_below(TABLE_ENTRIES) : host_slot(random_below(HOST_SLOTS));
}

static pte_t some_entry(void) {
    static const uint32_t flags[] = { PTE_P, PTE_P | PTE_W, PTE_P | PTE_W | PTE_U, PTE_P | PTE_A, PTE_P | PTE_W | PTE_D, 0 };

    if (random_below(5) == 0) {
        return 0;
    }
    return ENTRY(random_below(2) ? some_table() : some_frame(),
                 random_below(50) == 0 ? random_below(PAGE_SIZE) : flags[random_below(6)]);
}

/* What every hypercall begins with; false: it is asked again, and this guest does something else instead. */
static bool hypercall_begins(void) {
    static const uint32_t budgets[] = { 1, 2, 7, 100, 500, 1000, 1025, DIRECT_BUDGET };

    host.domain.direct.budget = budgets[random_below(8)];
    return tables_left(&host.domain);
}

/* Ask until it is done, or now and then give up. */
static int ask(int (*operation)(mfn_t, uint32_t), mfn_t mfn, uint32_t argument) {
    for (;;) {
        if (hypercall_begins()) {
            int result = operation(mfn, argument);

            if (result != -XEN_ERESTART) {
                return result;
            }
            happened.again++;
            host_audit();
        }
        if (random_below(12) == 0) {
            happened.abandoned++;
            return -XEN_ERESTART;
        }
    }
}

static int pin(mfn_t mfn, uint32_t level) {
    return host.domain.mode->pin(&host.domain, mfn, level);
}

static int unpin(mfn_t mfn, uint32_t ignored) {
    (void)ignored;
    return host.domain.mode->unpin(&host.domain, mfn);
}

static int load(mfn_t mfn, uint32_t ignored) {
    (void)ignored;
    return host_load(mfn.n);
}

static pte_t value;

static int write_entry(mfn_t mfn, uint32_t index) {
    return host.domain.mode->write_entry(&host.domain, request(mfn.n, index, value & PTE_U), value);
}

/* A frame of this type, if a few attempts find one. */
static uint32_t some_frame_of(enum frame_type type) {
    uint32_t mfn = some_frame();

    for (uint32_t i = 0; i < 20 && !(frame_exists((mfn_t){ mfn }) && frame_of((mfn_t){ mfn })->type == type); i++) {
        mfn = some_table();
    }
    return mfn;
}

/* One that the level may have: tables of all kinds into directories, memory and read-only tables into tables. */
static pte_t likely_entry(uint32_t mfn) {
    if (frame_exists((mfn_t){ mfn }) && frame_of((mfn_t){ mfn })->type == FRAME_L2) {
        return random_below(3) ? ENTRY(some_frame_of(FRAME_L1), PTE_P | PTE_W)
                               : ENTRY(random_below(3) ? some_frame_of(FRAME_L2) : mfn, PTE_P);
    }
    return random_below(2) ? ENTRY(some_table(), PTE_P) : ENTRY(some_frame_of(FRAME_NONE), PTE_P | PTE_W);
}

static void random_write(void) {
    uint32_t mfn = random_below(8) ? some_frame_of(random_below(2) ? FRAME_L1 : FRAME_L2) : some_frame();

    value = random_below(2) ? some_entry() : likely_entry(mfn);
    if (ask(write_entry, (mfn_t){ mfn }, some_index()) == 0) {
        happened.written++;
        happened.linear += mfn < HOST_LIMIT && frame_of((mfn_t){ mfn })->type == FRAME_L2 &&
                           (value & PTE_P) && frame_of((mfn_t){ value >> PAGE_SHIFT })->type == FRAME_L2;
    } else {
        happened.refused++;
    }
}

/* A descriptor table comes and goes, as gdt.c has it. */
static void random_descriptors(void) {
    mfn_t mfn = { some_frame() };

    if (host.vcpu.gdt_entries != 0) {
        host.vcpu.gdt_entries = 0;
        frame_put_with_type(host.vcpu.gdt_frames[0]);
    } else if (frame_owned_by(host.domain.id, mfn) && !(frame_of(mfn)->flags & FRAME_PINNED) &&
               (frame_of(mfn)->type == FRAME_NONE || frame_of(mfn)->type == FRAME_WRITABLE)) {
        host.domain.mode->frame_released(&host.domain, mfn);
        if (frame_get_with_type(host.domain.id, mfn, FRAME_GDT)) {
            host.vcpu.gdt_entries = 1;
            host.vcpu.gdt_frames[0] = mfn;
        }
    }
}

static void random_give_back(void) {
    mfn_t mfn = { some_frame() }, again;

    if (memory_remove(&host.domain, mfn) == 0) {
        happened.given_back++;
        CHECK(frame_of(mfn)->owner != host.domain.id);
        host_audit();
        CHECK(memory_add(&host.domain, mfn.n - HOST_FIRST, &again) && again.n == mfn.n);
    }
}

/* An address at which a table is mapped, if there is one. */
static uint32_t some_table_window(void) {
    uint32_t linear = 0, index;
    mfn_t table;

    for (uint32_t i = 0; i < 300; i++) {
        linear = host_slot(random_below(HOST_SLOTS)) << L2_SHIFT | some_index() << L1_SHIFT;
        if (walk_find_l1(host.vcpu.base_pointer, linear, &table, &index) == 0 &&
            (walk_entry(table, index) & (PTE_P | PTE_W)) == PTE_P &&
            frame_of((mfn_t){ walk_entry(table, index) >> PAGE_SHIFT })->type == FRAME_L1) {
            break;
        }
    }
    return linear;
}

/* The guest stores through whatever is mapped; what it stores may end it, which does not keep it from going on here. */
static void random_stores(void) {
    uint32_t linear = some_table_window(), error = KERNEL_WRITE;
    struct cpu_user_regs regs = { .eip = 0xf0000000 };
    const struct disconnected *disconnected = &host.domain.direct.disconnected;

    (void)host.domain.mode->page_fault(&host.domain, linear, &error, &regs, false);
    if (disconnected->active) {
        happened.disconnected++;
        host_audit();
        for (uint32_t i = random_below(20); i > 0; i--) {
            host_table(disconnected->table.n)[some_index()] = random_below(8) ? likely_entry(disconnected->table.n)
                                                                              : some_entry();
        }
    }
}

/* The guest writes to a frame that it maps writable, or may. */
static void random_memory(void) {
    uint32_t mfn = FRAME(random_below(USED));

    if (frame_of((mfn_t){ mfn })->type == FRAME_NONE || frame_of((mfn_t){ mfn })->type == FRAME_WRITABLE) {
        if (random_below(3) == 0) {
            memset(host_table(mfn), 0, PAGE_SIZE);
        }
        for (uint32_t i = random_below(6); i > 0; i--) {
            host_table(mfn)[some_index()] = random_below(3) ? likely_entry(mfn) : some_entry();
        }
    }
}

static void random_operation(void) {
    mfn_t mfn = { random_below(2) ? some_frame_of(FRAME_NONE) : random_below(4) ? some_table() : some_frame() };

    switch (random_below(16)) {
    case 0:
        happened.pinned += ask(pin, mfn, 1 + random_below(2)) == 0;
        break;
    case 1:
        happened.unpinned += random_below(2) && ask(unpin, mfn, 0) == 0;
        break;
    case 2:
        happened.loaded += ask(load, mfn, 0) == 0;
        break;
    case 3:
        if (hypercall_begins()) {
            random_descriptors();
        }
        break;
    case 4:
        if (hypercall_begins()) {
            random_give_back();
        }
        break;
    case 5:
        if (random_below(4) == 0) {
            host.domain.mode->flush(&host.domain, TRACE_CAUSE_mmuext_tlb_flush_local);
        } else {
            host.domain.mode->invlpg(&host.domain, random_word(), TRACE_CAUSE_mmuext_invlpg_local);
        }
        break;
    case 6:
    case 7:
        random_memory();
        break;
    case 8:
    case 9:
        random_stores();
        break;
    default:
        random_write();
    }
    if (host.domain.ended) {
        happened.killed++;
        host.domain.ended = false;
    }
}

/* What the guest does where nobody looks. */
static void shadow_operations(void) {
    for (uint32_t i = random_below(30); i > 0; i--) {
        host_table(some_table())[some_index()] = some_entry();
    }
    for (uint32_t i = random_below(4); i > 0; i--) {
        mfn_t mfn = { some_table() };

        (void)(random_below(2) ? memory_pin(&host.domain, mfn, 1 + random_below(2)) : memory_unpin(&host.domain, mfn));
    }
}

/* A guest that is told what stands in the way takes it out of the way: the entry, or the pin, or everything. */
static void take_out_of_the_way(void) {
    const struct refusal *refusal = &host.domain.direct.refusal;

    if (refusal->entry != 0 && random_below(50) != 0) {
        CHECK_EQUAL(host_table(refusal->table.n)[refusal->index], refusal->entry);
        host_table(refusal->table.n)[refusal->index] = 0;
    } else if (random_below(8) != 0) {
        (void)memory_unpin(&host.domain, refusal->table);
    } else {
        memset(host_table(FRAME(0)), 0, TABLES * PAGE_SIZE);
    }
}

static void leave_descriptors(void) {
    if (host.vcpu.gdt_entries != 0) {
        random_descriptors();
    }
}

static void switch_mode(void) {
    static const uint32_t modes[] = { TRACE_MODE_direct, TRACE_MODE_writable };
    uint32_t to = modes[random_below(2)], tries = 0;

    if (random_below(3) == 0) { /* from one checked mode into another: nothing is given up */
        CHECK_EQUAL(domain_switch_mode(&host.domain, to), 0);
        return;
    }
    leave_descriptors();
    CHECK_EQUAL(domain_switch_mode(&host.domain, TRACE_MODE_shadow), 0);
    CHECK(in_shadow());
    host.domain.ended = false;
    shadow_operations();
    while (domain_switch_mode(&host.domain, to) != 0) {
        CHECK(in_shadow() && host.domain.direct.refusal.reason != 0 && ++tries < 10000);
        host_check_left();
        happened.not_switched++;
        take_out_of_the_way();
    }
    happened.switched++;
}

static void end(void) {
    leave_descriptors();
    CHECK_EQUAL(domain_switch_mode(&host.domain, TRACE_MODE_shadow), 0);
    for (uint32_t n = 0; n < HOST_GUEST; n++) {
        (void)memory_unpin(&host.domain, (mfn_t){ FRAME(n) });
        CHECK_EQUAL(frame_of((mfn_t){ FRAME(n) })->count, 1);
    }
    host_check_left();
    CHECK_EQUAL(host.domain.pinned, 0);
}

int main(int argc, char **argv) {
    random_begin(argc, argv);
    host_begin();
    host_reset(&mode_direct);
    CHECK_EQUAL(host_load(FRAME(0)), 0);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        random_operation();
        if (random_below(150) == 0) {
            switch_mode();
        }
        host_audit();
    }
    end();
    printf("written %u refused %u pinned %u unpinned %u loaded %u again %u abandoned %u linear %u given back %u switched %u "
           "not %u disconnected %u killed %u\n", happened.written, happened.refused, happened.pinned, happened.unpinned,
           happened.loaded, happened.again, happened.abandoned, happened.linear, happened.given_back, happened.switched,
           happened.not_switched, happened.disconnected, happened.killed);
    CHECK(happened.written > 500 && happened.refused > 200 && happened.pinned > 40 && happened.unpinned > 40);
    CHECK(happened.loaded > 20 && happened.again > 20 && happened.abandoned > 1 && happened.linear > 20);
    CHECK(happened.given_back > 5 && happened.switched > 10 && happened.not_switched > 20);
    CHECK(happened.disconnected > 20 && happened.killed > 5);
    return check_end("random");
}
