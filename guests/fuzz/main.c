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

#define VICTIMS 24u
#define WINDOW 0x40000000u       /* a region of our own: its table maps victims */
#define WINDOW_PAGES 64u
#define SLOTS_AREA 0x50000000u   /* regions whose tables are victims */
#define SLOTS 4u
#define LDT_WINDOW (WINDOW + 0x20000u)

static uint32_t home, victims[VICTIMS], calls, accepted, changes, faults;
static uint8_t *scratch;         /* one page for arguments */
static pte_t *window_table, *directories[2];
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

/* Mostly a victim, now and then a frame of somebody else or of nobody. */
static uint32_t frame(void) {
    static const uint32_t others[] = { 0, 1, 0xb8, 0x100, 0xfffff, 0x100000, 0xffffffff };

    return random_below(16) != 0 ? victims[random_below(VICTIMS)] : others[random_below(sizeof(others) / sizeof(others[0]))];
}

/* An entry: mostly one that may be, now and then with a bit that may not. */
static uint32_t entry(void) {
    uint32_t flags = random_any() & (PTE_W | PTE_U | PTE_A | PTE_D | 0xe00);

    if (random_below(16) == 0)
        flags |= 1u << random_below(12);
    return frame() << 12 | flags | (random_below(4) != 0 ? PTE_P : 0);
}

static uint32_t window_address(void) {
    return WINDOW + random_below(WINDOW_PAGES) * GUEST_PAGE_SIZE + random_below(1024) * 4;
}

static uint32_t slots_address(void) {
    return SLOTS_AREA + random_below(SLOTS) * L2_SPAN + random_below(1024) * GUEST_PAGE_SIZE + random_below(1024) * 4;
}

/* A place for arguments or results: mostly our page, now and then the window or nowhere. */
static uint32_t place(void) {
    static const uint32_t nowhere[] = { 0, 4, 0xfbffffff, 0xfc000000, 0xfd000000, 0xffffffff };

    switch (random_below(12)) {
    case 0:
        return nowhere[random_below(sizeof(nowhere) / sizeof(nowhere[0]))];
    case 1:
        return window_address();
    default:
        return pointer_word(scratch) + 2048 + random_below(8) * 128;
    }
}

/* The machine address of an entry that may be written: of a victim, of the window, or of a slot of a directory. */
static uint64_t entry_address(void) {
    switch (random_below(4)) {
    case 0:
        return tables_machine_address(&window_table[random_below(WINDOW_PAGES)]);
    case 1:
        return tables_machine_address(&directories[random_below(2)][SLOTS_AREA / L2_SPAN + random_below(SLOTS)]);
    default:
        return ((uint64_t)frame() << 12) + random_below(1024) * 4;
    }
}

static uint32_t make_mmu_update(void) {
    struct mmu_update *requests = (struct mmu_update *)scratch;
    uint32_t count = random_below(8) != 0 ? random_below(8) : random_below(128);

    for (uint32_t i = 0; i < count; i++) {
        uint32_t command = random_below(16) != 0 ? random_below(2) * MMU_PT_UPDATE_PRESERVE_AD : random_below(4);

        requests[i].ptr = entry_address() + command;
        if (command == MMU_MACHPHYS_UPDATE)    /* the machine-to-physical table of our own pages stays true */
            requests[i].ptr = ((uint64_t)frame() << 12) + command;
        requests[i].val = entry();
    }
    return count;
}

static void do_mmu_update(void) {
    uint32_t count = make_mmu_update();

    call(__HYPERVISOR_mmu_update, pointer_word(scratch), count, random_below(2) ? 0 : place(),
         random_below(16) ? DOMID_SELF : random_below(2) ? DOMID_IO : random_below(0x8000), 0);
}

static void do_update_va_mapping(void) {
    uint32_t linear = random_below(4) ? window_address() : slots_address(), value = entry();

    call(__HYPERVISOR_update_va_mapping, linear, value, 0, random_below(8) != 0 ? random_below(12) : place(), 0);
}

/* Every operation but a base pointer of nonsense, which could take our own pages away. */
static uint32_t make_mmuext_op(void) {
    static const uint32_t commands[] = {
        MMUEXT_PIN_L1_TABLE, MMUEXT_PIN_L1_TABLE, MMUEXT_PIN_L2_TABLE, MMUEXT_UNPIN_TABLE, MMUEXT_UNPIN_TABLE,
        MMUEXT_CLEAR_PAGE, MMUEXT_COPY_PAGE, MMUEXT_NEW_BASEPTR,
    };
    struct mmuext_op *operations = (struct mmuext_op *)scratch;
    uint32_t count = random_below(4) != 0 ? 1 : random_below(6);

    for (uint32_t i = 0; i < count; i++) {
        struct mmuext_op *operation = &operations[i];

        operation->cmd = random_below(2) ? commands[random_below(8)] : random_below(24);
        operation->arg1.mfn = random_below(8) ? frame() : window_address();
        operation->arg2.src_mfn = random_below(2) ? frame() : place();
        if (operation->cmd == MMUEXT_NEW_BASEPTR)
            operation->arg1.mfn = boot_mfn_of_linear(directories[random_below(2)]);
        if (operation->cmd == MMUEXT_SET_LDT) {
            operation->arg1.linear_addr = LDT_WINDOW + random_below(16) * GUEST_PAGE_SIZE;
            operation->arg2.nr_ents = random_below(2) ? 0 : random_below(9000);
        }
    }
    return count;
}

static void do_mmuext_op(void) {
    call(__HYPERVISOR_mmuext_op, pointer_word(scratch), make_mmuext_op(), random_below(2) ? 0 : place(), DOMID_SELF, 0);
}

static void do_set_gdt(void) {
    uint32_t *frames = (uint32_t *)scratch, pages = random_below(4);

    for (uint32_t i = 0; i < pages; i++)
        frames[i] = frame();
    call(__HYPERVISOR_set_gdt, pointer_word(frames), pages * 512 - (pages != 0 ? random_below(512) : 0), 0, 0, 0);
}

static void do_update_descriptor(void) {
    static const uint64_t good[] = { 0x00cbf2000000ffffull, 0x00cbfa000000ffffull, 0, 0x00cb92000000ffffull };
    uint64_t descriptor = random_below(3) ? good[random_below(4)] : (uint64_t)random_any() << 32 | random_any();

    call(__HYPERVISOR_update_descriptor, (frame() << 12) + random_below(512) * 8, 0, (uint32_t)descriptor,
         (uint32_t)(descriptor >> 32), 0);
}

/* Give a victim back and get another in its place. */
static void do_memory_op(void) {
    uint32_t *list = (uint32_t *)scratch, which = random_below(VICTIMS);
    struct xen_memory_reservation request = { .nr_extents = 1, .domid = DOMID_SELF };

    set_xen_guest_handle(request.extent_start, (void *)list);
    list[0] = victims[which];
    if (call(__HYPERVISOR_memory_op, XENMEM_decrease_reservation, pointer_word(&request), 0, 0, 0) != 1)
        return;
    list[0] = 0xffffffff;
    check_equal(call(__HYPERVISOR_memory_op, XENMEM_increase_reservation, pointer_word(&request), 0, 0, 0), 1);
    victims[which] = list[0];
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
                                             .args = { window_address(), entry(), 0, random_below(12) } };
            break;
        case 1:
            *one = (struct multicall_entry){ .op = __HYPERVISOR_xen_version, .args = { random_below(12), place() } };
            break;
        case 2:
            *one = (struct multicall_entry){ .op = __HYPERVISOR_multicall, .args = { pointer_word(entries), count } };
            break;
        default:
            *one = (struct multicall_entry){ .op = __HYPERVISOR_mmuext_op,
                                             .args = { pointer_word(scratch), make_mmuext_op(), 0, DOMID_SELF } };
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
    touch(random_below(2) ? window_address() : slots_address(), entry() & ~PTE_P, random_below(3));
}

/* A plain store to the window's table, of an entry that is never forbidden. */
static void do_store(void) {
    uint32_t value = random_below(4) ? victims[random_below(VICTIMS)] << 12 | PTE_P | (random_any() & (PTE_U | PTE_A | PTE_D)) : 0;

    touch(pointer_word(&window_table[random_below(WINDOW_PAGES)]), value, 1);
}

/* Take away what would be in a mode's way, most of the time. */
static void tidy(void) {
    struct mmuext_op unpin = { .cmd = MMUEXT_UNPIN_TABLE };

    for (uint32_t i = 0; i < WINDOW_PAGES; i++)
        tables_update(&window_table[i], 0);
    for (uint32_t i = 0; i < 2 * SLOTS; i++)
        tables_update(&directories[i % 2][SLOTS_AREA / L2_SPAN + i / 2], 0);
    for (uint32_t i = 0; i < VICTIMS; i++) {
        unpin.arg1.mfn = victims[i];
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

    for (uint32_t i = 0; i < 64; i++)
        ((uint32_t *)scratch)[512 + i] = random_below(2) ? random_below(40) : random_any();
    call(numbers[random_below(sizeof(numbers) / sizeof(numbers[0]))], random_below(16), place(), place(), place(), place());
}

static void (*const operations[])(void) = {
    do_mmu_update, do_mmu_update, do_mmu_update, do_update_va_mapping, do_update_va_mapping, do_update_va_mapping,
    do_mmuext_op, do_mmuext_op, do_mmuext_op, do_mmuext_op, do_set_gdt, do_update_descriptor, do_memory_op,
    do_multicall, do_touch, do_touch, do_store, do_store, do_plain, do_vm_assist,
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
    window_table = tables_install(WINDOW);
    directories[1] = page_take();
    memcpy(directories[1], directories[0], GUEST_PAGE_SIZE);
    directories[1][WINDOW / L2_SPAN] = 0;
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
    scratch = page_take();
    watch_runstate();
    make_tables();
    for (uint32_t i = 0; i < VICTIMS; i++)
        victims[i] = boot_mfn_of(frame_take());
    for (uint32_t i = 0; i < steps; i++)
        operations[random_below(sizeof(operations) / sizeof(operations[0]))]();
    print("fuzz: %u calls, %u accepted, %u changes of mode, %u faults\n", calls, accepted, changes, faults);
    report("hypercall", &longest_call, boot_number("bound", CALL_BOUND));
    report("change of mode", &longest_change, CHANGE_BOUND);
    check(accepted > calls / 4);
    check(calls - accepted > calls / 20);
    check(changes > steps / 2000);
    check_finish();
}
