/*
 * fuzz - hypercalls at random, most of them plausible, for `make fuzz`: no panic, no violation, and every single
 * hypercall stays below a bound.
 *
 * The guest plays with frames that it keeps nothing in: they become page tables of both levels, descriptor tables,
 * pinned, mapped, copied, given back and got again. It changes between the paging modes meanwhile, writes page tables
 * by hypercall and with plain stores, and runs on two page directories in turn. Its own code, stack and the tables that
 * map them are left alone, so that it can go on whatever happened. What the hypervisor promises is checked by the
 * hypervisor's audit and by the agent's oracle; here the time-stamp counter, which counts instructions in Bochs, gives
 * the length of each call, less the time that other domains had the processor.
 * Command line: seed=N (default 1), steps=N (default 20000), bound=N (default CALL_BOUND; with audit=full the audits
 * count too). Expected outcome: success.
 */
#include <stddef.h>

#include "guests/lib/boot.h"
#include "guests/lib/check.h"
#include "guests/lib/clock.h"
#include "guests/lib/console.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/mode.h"
#include "guests/lib/outcome.h"
#include "guests/lib/play.h"
#include "guests/lib/random.h"
#include "guests/lib/string.h"
#include "guests/lib/tables.h"
#include "guests/lib/traps.h"

/*
 * Instructions from a hypercall to its return, all its parts and the interrupts in between included; docs/abi.md. A
 * change of mode looks at every frame of the machine and at every entry of every page table.
 */
#define CALL_BOUND 1000000u
#define CHANGE_BOUND 20000000u

#define SLOTS_AREA 0x50000000u   /* regions whose tables are victims */
#define SLOTS 4u

static uint32_t home, calls, accepted, changes, faults;
static pte_t *directories[2];
static volatile uint32_t resume;

/* The longest call of all, and of those that change the mode. */
static struct longest {
    uint32_t instructions, number, first, second;
} longest_call, longest_change;

/* Kept by the hypervisor. */
static volatile struct vcpu_runstate_info runstate;

/* A moment: the time-stamp counter, and how long others had the processor until then. */
struct moment {
    uint32_t ticks, others_ns;
};

static struct moment now(void) {
    struct moment moment;

    do {                                       /* again if it was taken away in between */
        moment.others_ns = (uint32_t)runstate.time[RUNSTATE_runnable];
        moment.ticks = (uint32_t)clock_tsc();
    } while ((uint32_t)runstate.time[RUNSTATE_runnable] != moment.others_ns);
    return moment;
}

/* Of our own, from one moment to another. */
static uint32_t instructions_between(struct moment start, struct moment end) {
    uint32_t others_ns = end.others_ns - start.others_ns;

    return end.ticks - start.ticks - (others_ns != 0 ? clock_ticks(others_ns) : 0);
}

static long call(uint32_t number, uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t e) {
    struct longest *longest = number == __HYPERVISOR_vm_assist ? &longest_change : &longest_call;
    struct moment start = now();
    long result = hypercall_int82(number, a, b, c, d, e);
    uint32_t took = instructions_between(start, now());

    calls++;
    accepted += result >= 0;
    if (took > longest->instructions)
        *longest = (struct longest){ took, number, a, b };
    return result;
}

/* An entry: mostly one that may be, now and then with a bit that may not. */
static uint32_t entry(void) {
    uint32_t flags = random_any() & (PTE_W | PTE_U | PTE_A | PTE_D | 0xe00);

    if (random_below(16) == 0)
        flags |= 1u << random_below(12);
    return play_frame() << 12 | flags | (random_below(4) != 0 ? PTE_P : 0);
}

static uint32_t slots_address(void) {
    return SLOTS_AREA + random_below(SLOTS) * L2_SPAN + random_below(1024) * GUEST_PAGE_SIZE + random_below(1024) * 4;
}

/* The machine address of an entry that may be written: of a victim, of the window, or of a slot of a directory. */
static uint64_t entry_address(void) {
    switch (random_below(4)) {
    case 0:
        return tables_machine_address(&play_table[random_below(PLAY_WINDOW_PAGES)]);
    case 1:
        return tables_machine_address(&directories[random_below(2)][SLOTS_AREA / L2_SPAN + random_below(SLOTS)]);
    default:
        return ((uint64_t)play_frame() << 12) + random_below(1024) * 4;
    }
}

static uint32_t make_mmu_update(void) {
    struct mmu_update *requests = (struct mmu_update *)play_scratch;
    uint32_t count = random_below(8) != 0 ? random_below(8) : random_below(128);

    for (uint32_t i = 0; i < count; i++) {
        uint32_t command = random_below(16) != 0 ? random_below(2) * MMU_PT_UPDATE_PRESERVE_AD : random_below(4);

        requests[i].ptr = entry_address() + command;
        if (command == MMU_MACHPHYS_UPDATE)    /* the machine-to-physical table of our own pages stays true */
            requests[i].ptr = ((uint64_t)play_frame() << 12) + command;
        requests[i].val = entry();
    }
    return count;
}

static void do_mmu_update(void) {
    uint32_t count = make_mmu_update();

    call(__HYPERVISOR_mmu_update, pointer_word(play_scratch), count, random_below(2) ? 0 : play_place(),
         random_below(16) ? DOMID_SELF : random_below(2) ? DOMID_IO : random_below(0x8000), 0);
}

static void do_update_va_mapping(void) {
    uint32_t linear = random_below(4) ? play_address() : slots_address(), value = entry();

    call(__HYPERVISOR_update_va_mapping, linear, value, 0, random_below(8) != 0 ? random_below(12) : play_place(), 0);
}

/* Every operation but a base pointer of nonsense, which could take our own pages away. */
static uint32_t make_mmuext_op(void) {
    static const uint32_t commands[] = {
        MMUEXT_PIN_L1_TABLE, MMUEXT_PIN_L1_TABLE, MMUEXT_PIN_L2_TABLE, MMUEXT_UNPIN_TABLE, MMUEXT_UNPIN_TABLE,
        MMUEXT_CLEAR_PAGE, MMUEXT_COPY_PAGE, MMUEXT_NEW_BASEPTR,
    };
    struct mmuext_op *operations = (struct mmuext_op *)play_scratch;
    uint32_t count = random_below(4) != 0 ? 1 : random_below(6);

    for (uint32_t i = 0; i < count; i++) {
        struct mmuext_op *operation = &operations[i];

        operation->cmd = random_below(2) ? commands[random_below(8)] : random_below(24);
        operation->arg1.mfn = random_below(8) ? play_frame() : play_address();
        operation->arg2.src_mfn = random_below(2) ? play_frame() : play_place();
        if (operation->cmd == MMUEXT_NEW_BASEPTR)
            operation->arg1.mfn = boot_mfn_of_linear(directories[random_below(2)]);
        if (operation->cmd == MMUEXT_SET_LDT) {
            operation->arg1.linear_addr = PLAY_LDT_WINDOW + random_below(16) * GUEST_PAGE_SIZE;
            operation->arg2.nr_ents = random_below(2) ? 0 : random_below(9000);
        }
    }
    return count;
}

static void do_mmuext_op(void) {
    uint32_t count = make_mmuext_op();

    call(__HYPERVISOR_mmuext_op, pointer_word(play_scratch), count, random_below(2) ? 0 : play_place(), DOMID_SELF, 0);
}

/* Entries that were made ready by other operations, and nonsense. */
static void do_multicall(void) {
    static struct multicall_entry entries[8];
    uint32_t count = random_below(8);

    for (uint32_t i = 0; i < count; i++) {
        struct multicall_entry *one = &entries[i];

        switch (random_below(4)) {
        case 0:
            *one = (struct multicall_entry){ .op = __HYPERVISOR_update_va_mapping,
                                             .args = { play_address(), entry(), 0, random_below(12) } };
            break;
        case 1:
            *one = (struct multicall_entry){ .op = __HYPERVISOR_xen_version,
                                             .args = { random_below(12), play_place() } };
            break;
        case 2:
            *one = (struct multicall_entry){ .op = __HYPERVISOR_multicall, .args = { pointer_word(entries), count } };
            break;
        default:
            *one = (struct multicall_entry){ .op = __HYPERVISOR_mmuext_op,
                                             .args = { pointer_word(play_scratch), make_mmuext_op(), 0, DOMID_SELF } };
        }
    }
    call(__HYPERVISOR_multicall, random_below(16) ? pointer_word(entries) : 0xfbffffe0, count, 0, 0, 0);
}

/* Touch what the entries map: read, write or load a selector of what may be a descriptor table. Faults are expected. */
static void touch(uint32_t address, uint32_t value, uint32_t how) {
    switch (how) {
    case 0:
        __asm__ volatile("movl $1f, resume\n\tmovl (%0), %%eax\n1:" : : "r"(address) : "eax", "memory");
        break;
    case 1:
        __asm__ volatile("movl $1f, resume\n\tmovl %1, (%0)\n1:" : : "r"(address), "r"(value) : "memory");
        break;
    default:
        __asm__ volatile("movl $1f, resume\n\tmovl %0, %%fs\n1:\tmovl $2f, resume\n\tmovl %1, %%fs\n2:"
                         : : "r"(random_below(512) * 8 | (random_below(2) ? 5 : 1)), "r"(0) : "memory");
    }
    resume = 0;
}

/*
 * A word without the present bit: behind the address there may be a page table, and a forbidden entry would end the
 * domain.
 */
static void do_touch(void) {
    touch(random_below(2) ? play_address() : slots_address(), entry() & ~PTE_P, random_below(3));
}

/* A plain store to the window's table, of an entry that is never forbidden. */
static void do_store(void) {
    uint32_t flags = PTE_P | (random_any() & (PTE_U | PTE_A | PTE_D));
    uint32_t value = random_below(4) ? play_victims[random_below(PLAY_VICTIMS)] << 12 | flags : 0;

    touch(pointer_word(&play_table[random_below(PLAY_WINDOW_PAGES)]), value, 1);
}

/* Take away what would be in a mode's way, most of the time. */
static void tidy(void) {
    struct mmuext_op unpin = { .cmd = MMUEXT_UNPIN_TABLE };

    for (uint32_t i = 0; i < PLAY_WINDOW_PAGES; i++)
        tables_update(&play_table[i], 0);
    for (uint32_t i = 0; i < 2 * SLOTS; i++)
        tables_update(&directories[i % 2][SLOTS_AREA / L2_SPAN + i / 2], 0);
    for (uint32_t i = 0; i < PLAY_VICTIMS; i++) {
        unpin.arg1.mfn = play_victims[i];
        hypercall_mmuext_op(&unpin, 1, NULL, DOMID_SELF);
    }
}

/* The mode that the guest was started in, where it spends most of its time. */
static void go_home(void) {
    tidy();
    call(__HYPERVISOR_vm_assist, home == PENUMBRA_MODE_writable ? VMASST_CMD_enable : VMASST_CMD_disable,
         VMASST_TYPE_writable_pagetables, 0, 0, 0);
    call(__HYPERVISOR_vm_assist, home == PENUMBRA_MODE_shadow ? VMASST_CMD_enable : VMASST_CMD_disable,
         PENUMBRA_VMASST_TYPE_shadow_pagetables, 0, 0, 0);
}

static void do_vm_assist(void) {
    static const uint32_t types[] = { VMASST_TYPE_writable_pagetables, PENUMBRA_VMASST_TYPE_shadow_pagetables,
                                      PENUMBRA_VMASST_TYPE_writable_emulate };
    uint32_t mode = mode_now(), type = random_below(16) ? types[random_below(3)] : random_below(8);

    if (random_below(4) != 0)
        return;                                /* a change takes long, and so does tidying */
    if (random_below(4) == 0) {
        call(__HYPERVISOR_vm_assist, random_below(2), PENUMBRA_VMASST_TYPE_shadow_oos + random_below(6), 0, 0, 0);
        return;
    }
    if (mode != home && random_below(4) != 0) {
        go_home();
    } else {
        if (random_below(4) != 0)
            tidy();
        call(__HYPERVISOR_vm_assist, random_below(32) ? random_below(2) : 7, type, 0, 0, 0);
    }
    changes += mode_now() != mode;
}

/* Calls that have nothing to do with memory, with anything as arguments. */
static void do_plain(void) {
    static const uint32_t numbers[] = {
        __HYPERVISOR_fpu_taskswitch, __HYPERVISOR_get_debugreg, __HYPERVISOR_set_timer_op,
        __HYPERVISOR_event_channel_op, __HYPERVISOR_xen_version, __HYPERVISOR_physdev_op, __HYPERVISOR_grant_table_op,
        __HYPERVISOR_domctl, 60, 0xffffffff,
    };

    uint32_t number = numbers[random_below(sizeof(numbers) / sizeof(numbers[0]))], operation = random_below(16);

    random_fill(play_scratch + 2048, 64);
    if (!play_gives_away(number, operation))
        call(number, operation, play_place(), play_place(), play_place(), play_place());
}

static void set_gdt(void) {
    play_set_gdt();
}

static void update_descriptor(void) {
    play_update_descriptor();
}

static void memory_op(void) {
    play_memory_op();
}

static void grant(void) {
    play_grant();
}

static void (*const operations[])(void) = {
    do_mmu_update, do_mmu_update, do_mmu_update, do_update_va_mapping, do_update_va_mapping, do_update_va_mapping,
    do_mmuext_op, do_mmuext_op, do_mmuext_op, do_mmuext_op, set_gdt, update_descriptor, memory_op, grant,
    grant, do_multicall, do_touch, do_touch, do_store, do_store, do_plain, do_vm_assist,
};

static void faulted(struct trap_frame *at) {
    if (resume == 0)
        panic("a fault outside of the touching: vector %u, eip %x, address %x", at->vector, at->eip,
              trap_fault_address());
    faults++;
    at->eip = resume;
}

/*
 * Two page directories that map the same but for the window, whose table only one uses: so it can be disconnected. All
 * tables become read-only in our own map, as every mode but shadow wants it.
 */
static void make_tables(void) {
    directories[0] = tables_directory();
    directories[1] = page_take();
    memcpy(directories[1], directories[0], GUEST_PAGE_SIZE);
    directories[1][PLAY_WINDOW / L2_SPAN] = 0;
    memset(directories[1] + TABLES_GUEST_SLOTS, 0, GUEST_PAGE_SIZE - TABLES_GUEST_SLOTS * sizeof(pte_t));
    page_protect(directories[1], false);
    mode_protect_tables();
    check_equal(tables_pin(directories[1], 2), 0);
}

static void report(const char *what, const struct longest *longest, uint32_t bound) {
    print("fuzz: longest %s: %u instructions (bound %u), hypercall %u with %x, %x\n", what, longest->instructions,
          bound, longest->number, longest->first, longest->second);
    check(longest->instructions < bound);
}

static void watch_runstate(void) {
    struct vcpu_register_runstate_memory_area area = { .addr.p = pointer_word(&runstate) };

    check_equal(hypercall_vcpu_op(VCPUOP_register_runstate_memory_area, 0, &area), 0);
}

_Noreturn void guest_main(void) {
    static const uint32_t vectors[] = { 1, 11, 12, 13, 14 };
    uint32_t steps = boot_number("steps", 20000), seed = boot_number("seed", 1);

    home = mode_now();
    print("fuzz: seed %u, %u steps, mode %s\n", seed, steps, mode_name(home));
    random_start(seed);
    traps_install();
    for (uint32_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++)
        trap_handle(vectors[i], faulted);
    play_start(call);
    watch_runstate();
    make_tables();
    for (uint32_t i = 0; i < steps; i++)
        operations[random_below(sizeof(operations) / sizeof(operations[0]))]();
    print("fuzz: %u calls, %u accepted, %u changes of mode, %u faults\n", calls, accepted, changes, faults);
    report("hypercall", &longest_call, boot_number("bound", CALL_BOUND));
    report("change of mode", &longest_change, CHANGE_BOUND);
    play_check_grants();
    check(accepted > calls / 4);
    check(calls - accepted > calls / 20);
    check(boot_is_translated() || changes > steps / 2000);
    check_finish();
}
