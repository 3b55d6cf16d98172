/*
 * t_random_calls - random hypercalls with random arguments, good and bad mixed: nothing that a guest asks may harm the
 * hypervisor, and at the end every reference and type count must add up.
 *
 * The victims are frames that the guest keeps nothing in: they become page tables, descriptor tables, pinned, mapped,
 * copied, given back and got again, all at once. A window of linear addresses maps them at random and is read and
 * written; faults there are expected. What would end or block the domain, or pull the kernel's own memory away, is left
 * out; t_crash and t_traps do that. Run with audit=full it checks the engine after each few operations; the hypervisor
 * itself reports frames that are still referenced when the domain has ended. Command line: steps=N (default 20000),
 * seed=N (default 1). Expected outcome: success.
 */
#include <stddef.h>

#include "guests/lib/boot.h"
#include "guests/lib/check.h"
#include "guests/lib/console.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/mode.h"
#include "guests/lib/random.h"
#include "guests/lib/string.h"
#include "guests/lib/tables.h"
#include "guests/lib/traps.h"

#define VICTIMS 24u
#define WINDOW 0x40000000u       /* one L1 table's worth; its table is ours */
#define WINDOW_PAGES 64u
#define LDT_WINDOW 0x40020000u   /* pages of the window */
#define TRAP_PROTECTION 13u
#define TRAP_NOT_PRESENT 11u
#define TRAP_STACK 12u
#define TRAP_PAGE_FAULT 14u

static uint32_t victims[VICTIMS], window_faults, accepted, refused;
static uint8_t *scratch;         /* one page for arguments */
static volatile uint32_t resume;

/* Mostly a victim, now and then a frame of somebody else or of nobody. */
static uint32_t frame(void) {
    static const uint32_t others[] = { 0, 1, 0x100, 0xb8, 0x1000, 0xfffff, 0x100000, 0xffffffff };

    return random_below(8) != 0 ? victims[random_below(VICTIMS)] : others[random_below(sizeof(others) / sizeof(others[0]))];
}

static uint32_t flags(void) {
    return random_any() & (PTE_P | PTE_W | PTE_U | PTE_A | PTE_D | 0x118);
}

static uint32_t entry(void) {
    return frame() << 12 | flags() | (random_below(3) != 0 ? PTE_P : 0);
}

static uint32_t window_address(void) {
    return WINDOW + random_below(WINDOW_PAGES) * 4096 + random_below(1024) * 4;
}

/* An argument structure: mostly our page, now and then the window or nowhere. */
static uint32_t place(void) {
    static const uint32_t nowhere[] = { 0, 4, 0xfbffffff, 0xfc000000, 0xfd000000, 0xffffffff, 0xc0000ffe };

    switch (random_below(10)) {
    case 0:
        return nowhere[random_below(sizeof(nowhere) / sizeof(nowhere[0]))];
    case 1:
        return window_address();
    default:
        return pointer_word(scratch) + random_below(8) * 256;
    }
}

static void fill_scratch(void) {
    uint32_t *words = (uint32_t *)scratch;

    for (uint32_t i = 0; i < 1024; i++)
        words[i] = random_below(2) ? random_below(40) : random_any();
}

static long do_mmu_update(void) {
    struct mmu_update *requests = (struct mmu_update *)scratch;
    uint32_t count = random_below(8);

    for (uint32_t i = 0; i < count; i++) {
        uint32_t target = frame(), command = random_below(4);

        requests[i].ptr = ((uint64_t)target << 12) + random_below(1024) * 4 + command;
        requests[i].val = command == MMU_MACHPHYS_UPDATE ? random_any() : entry();
    }
    return hypercall(__HYPERVISOR_mmu_update, pointer_word(scratch), count, place() | 1024,
                     random_below(6) ? DOMID_SELF : random_below(0x8000), 0);
}

static long do_update_va_mapping(void) {
    return hypercall(__HYPERVISOR_update_va_mapping, window_address(), entry(), 0, random_below(8) != 0 ? random_below(8) : place(), 0);
}

/* Every operation but a new base pointer; L2 tables made of nonsense are t_random's. */
static long do_mmuext_op(void) {
    struct mmuext_op *operations = (struct mmuext_op *)scratch;
    uint32_t count = random_below(6);

    for (uint32_t i = 0; i < count; i++) {
        operations[i].cmd = random_below(24);
        operations[i].arg1.mfn = random_below(2) ? frame() : window_address();
        operations[i].arg2.src_mfn = random_below(2) ? frame() : place();
        if (operations[i].cmd == MMUEXT_NEW_BASEPTR)
            operations[i].arg1.mfn = 0xfffff;
        if (operations[i].cmd == MMUEXT_SET_LDT) {
            operations[i].arg1.linear_addr = LDT_WINDOW + random_below(16) * 4096;
            operations[i].arg2.nr_ents = random_below(9000);
        }
    }
    return hypercall(__HYPERVISOR_mmuext_op, pointer_word(scratch), count, place() | 2048, DOMID_SELF, 0);
}

static long do_set_gdt(void) {
    uint32_t *frames = (uint32_t *)scratch, pages = random_below(4);

    for (uint32_t i = 0; i < pages; i++)
        frames[i] = frame();
    return hypercall(__HYPERVISOR_set_gdt, pointer_word(frames), pages * 512 - (pages != 0 ? random_below(512) : 0), 0, 0, 0);
}

static long do_update_descriptor(void) {
    static const uint64_t good[] = { 0x00cbf2000000ffffull, 0x00cbfa000000ffffull, 0, 0x00cb92000000ffffull };
    uint64_t descriptor = random_below(3) ? good[random_below(4)] : (uint64_t)random_any() << 32 | random_any();

    return hypercall_update_descriptor(((uint64_t)frame() << 12) + random_below(513) * 8, descriptor);
}

/* Give victims back and get others in their place. */
static long do_memory_op(void) {
    uint32_t *list = (uint32_t *)scratch, which = random_below(VICTIMS);
    struct xen_memory_reservation request = { .nr_extents = 1, .domid = DOMID_SELF };
    long result;

    set_xen_guest_handle(request.extent_start, (void *)list);
    list[0] = victims[which];
    result = hypercall(__HYPERVISOR_memory_op, XENMEM_decrease_reservation, pointer_word(&request), 0, 0, 0);
    if (result == 1) {
        list[0] = 0xffffffff;
        check_equal(hypercall(__HYPERVISOR_memory_op, XENMEM_increase_reservation, pointer_word(&request), 0, 0, 0), 1);
        victims[which] = list[0];
    }
    return result - 1;
}

/* Exchange a victim; orders and counts may not match. */
static long do_exchange(void) {
    uint32_t *list = (uint32_t *)scratch, which = random_below(VICTIMS);
    struct xen_memory_exchange request = {
        .in = { .nr_extents = 1, .extent_order = random_below(8) == 0, .domid = DOMID_SELF },
        .out = { .nr_extents = 1 + (random_below(8) == 0), .address_bits = random_below(4) ? 0 : random_below(40), .domid = DOMID_SELF },
    };
    long result;

    set_xen_guest_handle(request.in.extent_start, (void *)list);
    set_xen_guest_handle(request.out.extent_start, (void *)(list + 1));
    list[0] = victims[which];
    list[1] = random_any();
    result = hypercall(__HYPERVISOR_memory_op, XENMEM_exchange, pointer_word(&request), 0, 0, 0);
    if (result == 0 && request.nr_exchanged == 1)
        victims[which] = list[1];
    return result;
}

static const uint32_t plain_calls[] = {
    __HYPERVISOR_fpu_taskswitch, __HYPERVISOR_set_debugreg, __HYPERVISOR_get_debugreg, __HYPERVISOR_set_timer_op,
    __HYPERVISOR_event_channel_op, __HYPERVISOR_event_channel_op_compat, __HYPERVISOR_xen_version,
    __HYPERVISOR_physdev_op, __HYPERVISOR_physdev_op_compat, __HYPERVISOR_vm_assist, __HYPERVISOR_vcpu_op,
    __HYPERVISOR_update_va_mapping_otherdomain, __HYPERVISOR_domctl, __HYPERVISOR_sysctl, PENUMBRA_HYPERVISOR_marker,
    __HYPERVISOR_grant_table_op, __HYPERVISOR_nmi_op,
};

/* A call of the rest with anything as arguments. */
static long do_plain(void) {
    uint32_t number = plain_calls[random_below(sizeof(plain_calls) / sizeof(plain_calls[0]))], first = random_below(40), second = place();

    fill_scratch();
    if (number == __HYPERVISOR_update_va_mapping_otherdomain)
        return hypercall(number, window_address(), entry(), 0, random_below(8), random_below(2) ? DOMID_SELF : random_below(4));
    if (number == __HYPERVISOR_set_debugreg && first == 7)
        second = 0;                              /* breakpoints that fire are t_walls' */
    if (number == __HYPERVISOR_vcpu_op && first == VCPUOP_down)
        return -1;
    if (number == PENUMBRA_HYPERVISOR_marker && first == PENUMBRA_MARKER_outcome)
        return -1;
    if (number == __HYPERVISOR_vcpu_op)
        return hypercall(number, first, random_below(3), second, 0, 0);
    return hypercall(number, first, second, place(), place(), place());
}

static long do_multicall(void) {
    static const uint32_t numbers[] = { __HYPERVISOR_multicall, __HYPERVISOR_iret, __HYPERVISOR_xen_version,
                                        __HYPERVISOR_update_va_mapping, 60, 0xffffffff };
    static struct multicall_entry calls[8];
    uint32_t count = random_below(8);

    for (uint32_t i = 0; i < count; i++) {
        calls[i].op = numbers[random_below(6)];
        calls[i].args[0] = calls[i].op == __HYPERVISOR_update_va_mapping ? window_address() : random_below(10);
        calls[i].args[1] = calls[i].op == __HYPERVISOR_update_va_mapping ? entry() : place();
        calls[i].args[2] = 0;
        calls[i].args[3] = random_below(8);
    }
    return hypercall(__HYPERVISOR_multicall, random_below(8) ? pointer_word(calls) : 0xfbffffe0, count, 0, 0, 0);
}

/*
 * A word to store through the window, behind which a page table may lie. In writable mode such a store works, and a
 * present entry that is forbidden would end the domain: t_writable's.
 */
static uint32_t stored_word(void) {
    return mode_now() == PENUMBRA_MODE_writable ? entry() & ~PTE_P : entry();
}

/* Touch the window, with plain access or by loading a selector of what may be a GDT or LDT. */
static long do_touch(void) {
    uint32_t address = window_address(), selector = random_below(2) ? random_below(1024) * 8 | 5 : random_below(300) * 8 | 1;

    switch (random_below(3)) {
    case 0:
        __asm__ volatile("movl $1f, resume\n\tmovl (%0), %%eax\n1:" : : "r"(address) : "eax", "memory");
        break;
    case 1:
        __asm__ volatile("movl $1f, resume\n\tmovl %1, (%0)\n1:" : : "r"(address), "r"(stored_word()) : "memory");
        break;
    default:
        __asm__ volatile("movl $1f, resume\n\tmovl %0, %%fs\n1:\tmovl $2f, resume\n\tmovl %1, %%fs\n2:"
                         : : "r"(selector), "r"(0) : "memory");
    }
    resume = 0;
    return 0;
}

static void faulted(struct trap_frame *frame_) {
    window_faults++;
    if (resume == 0)
        check_stop("a fault outside of the touching");
    frame_->eip = resume;
}

static void empty(struct trap_frame *frame_) {
    (void)frame_;
}

static long (*const operations[])(void) = {
    do_mmu_update, do_update_va_mapping, do_update_va_mapping, do_mmuext_op, do_set_gdt, do_update_descriptor,
    do_memory_op, do_exchange, do_plain, do_plain, do_multicall, do_touch, do_touch, do_touch,
};

_Noreturn void guest_main(void) {
    uint32_t steps = boot_number("steps", 20000);

    random_start(boot_number("seed", 1));
    traps_install();
    trap_handle(TRAP_PROTECTION, faulted);
    trap_handle(TRAP_NOT_PRESENT, faulted);
    trap_handle(TRAP_STACK, faulted);
    trap_handle(TRAP_PAGE_FAULT, faulted);
    trap_handle(1, empty);
    scratch = page_take();
    tables_install(WINDOW);
    for (uint32_t i = 0; i < VICTIMS; i++)
        victims[i] = boot_mfn_of(frame_take());
    for (uint32_t i = 0; i < steps; i++) {
        long result = operations[random_below(sizeof(operations) / sizeof(operations[0]))]();

        *(result >= 0 ? &accepted : &refused) += 1;
    }
    print("%u steps: %u accepted, %u refused, %u faults\n", steps, accepted, refused, window_faults);
    check(accepted > steps / 4);
    check(refused > steps / 20);
    check(window_faults > steps / 50);
    check_finish();
}
