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
#include "guests/lib/play.h"
#include "guests/lib/random.h"
#include "guests/lib/string.h"
#include "guests/lib/tables.h"
#include "guests/lib/traps.h"

#define TRAP_PROTECTION 13u
#define TRAP_NOT_PRESENT 11u
#define TRAP_STACK 12u
#define TRAP_PAGE_FAULT 14u

static uint32_t window_faults, accepted, refused;
static volatile uint32_t resume;

static uint32_t flags(void) {
    return random_any() & (PTE_P | PTE_W | PTE_U | PTE_A | PTE_D | 0x118);
}

static uint32_t entry(void) {
    return play_frame() << 12 | flags() | (random_below(3) != 0 ? PTE_P : 0);
}

static long make(uint32_t number, uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t e) {
    return hypercall(number, a, b, c, d, e);
}

static long do_mmu_update(void) {
    struct mmu_update *requests = (struct mmu_update *)play_scratch;
    uint32_t count = random_below(8);

    for (uint32_t i = 0; i < count; i++) {
        uint32_t target = play_frame(), command = random_below(4);

        requests[i].ptr = ((uint64_t)target << 12) + random_below(1024) * 4 + command;
        requests[i].val = command == MMU_MACHPHYS_UPDATE ? random_any() : entry();
    }
    return hypercall(__HYPERVISOR_mmu_update, pointer_word(play_scratch), count, play_place(),
                     random_below(6) ? DOMID_SELF : random_below(0x8000), 0);
}

static long do_update_va_mapping(void) {
    uint32_t flags = random_below(8) != 0 ? random_below(8) : play_place();

    return hypercall(__HYPERVISOR_update_va_mapping, play_address(), entry(), 0, flags, 0);
}

/* Every operation but a new base pointer; L2 tables made of nonsense are t_random's. */
static long do_mmuext_op(void) {
    struct mmuext_op *operations = (struct mmuext_op *)play_scratch;
    uint32_t count = random_below(6);

    for (uint32_t i = 0; i < count; i++) {
        operations[i].cmd = random_below(24);
        operations[i].arg1.mfn = random_below(2) ? play_frame() : play_address();
        operations[i].arg2.src_mfn = random_below(2) ? play_frame() : play_place();
        if (operations[i].cmd == MMUEXT_NEW_BASEPTR)
            operations[i].arg1.mfn = 0xfffff;
        if (operations[i].cmd == MMUEXT_SET_LDT) {
            operations[i].arg1.linear_addr = PLAY_LDT_WINDOW + random_below(16) * 4096;
            operations[i].arg2.nr_ents = random_below(9000);
        }
    }
    return hypercall(__HYPERVISOR_mmuext_op, pointer_word(play_scratch), count, play_place(), DOMID_SELF, 0);
}

/* Exchange a victim; orders and counts may not match. */
static long do_exchange(void) {
    uint32_t *list = (uint32_t *)play_scratch, which = random_below(PLAY_VICTIMS);
    struct xen_memory_exchange request = {
        .in = { .nr_extents = 1, .extent_order = random_below(8) == 0, .domid = DOMID_SELF },
        .out = { .nr_extents = 1 + (random_below(8) == 0), .address_bits = random_below(4) ? 0 : random_below(40),
                 .domid = DOMID_SELF },
    };
    long result;

    set_xen_guest_handle(request.in.extent_start, (void *)list);
    set_xen_guest_handle(request.out.extent_start, (void *)(list + 1));
    list[0] = play_victims[which];
    list[1] = boot_is_translated() && random_below(2) ? play_victims[which] : random_any();
    result = hypercall(__HYPERVISOR_memory_op, XENMEM_exchange, pointer_word(&request), 0, 0, 0);
    if (result == 0 && request.nr_exchanged == 1)
        play_victims[which] = list[1];
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
    uint32_t number = plain_calls[random_below(sizeof(plain_calls) / sizeof(plain_calls[0]))];
    uint32_t first = random_below(40), second = play_place();

    random_fill(play_scratch, 1024);
    if (number == __HYPERVISOR_update_va_mapping_otherdomain)
        return hypercall(number, play_address(), entry(), 0, random_below(8),
                         random_below(2) ? DOMID_SELF : random_below(4));
    if (number == __HYPERVISOR_set_debugreg && first == 7)
        second = 0;                              /* breakpoints that fire are t_walls' */
    if (number == __HYPERVISOR_vcpu_op && first == VCPUOP_down)
        return -1;
    if ((number == PENUMBRA_HYPERVISOR_marker && first == PENUMBRA_MARKER_outcome) || play_gives_away(number, first))
        return -1;
    if (number == __HYPERVISOR_vcpu_op)
        return hypercall(number, first, random_below(3), second, 0, 0);
    return hypercall(number, first, second, play_place(), play_place(), play_place());
}

static long do_multicall(void) {
    static const uint32_t numbers[] = { __HYPERVISOR_multicall, __HYPERVISOR_iret, __HYPERVISOR_xen_version,
                                        __HYPERVISOR_update_va_mapping, 60, 0xffffffff };
    static struct multicall_entry calls[8];
    uint32_t count = random_below(8);

    for (uint32_t i = 0; i < count; i++) {
        calls[i].op = numbers[random_below(6)];
        calls[i].args[0] = calls[i].op == __HYPERVISOR_update_va_mapping ? play_address() : random_below(10);
        calls[i].args[1] = calls[i].op == __HYPERVISOR_update_va_mapping ? entry() : play_place();
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
    uint32_t address = play_address();
    uint32_t selector = random_below(2) ? random_below(1024) * 8 | 5 : random_below(300) * 8 | 1;

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
    do_mmu_update, do_update_va_mapping, do_update_va_mapping, do_mmuext_op, play_set_gdt, play_update_descriptor,
    play_memory_op, play_grant, play_grant, do_exchange, do_plain, do_plain, do_multicall, do_touch, do_touch, do_touch,
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
    play_start(make);
    for (uint32_t i = 0; i < steps; i++) {
        long result = operations[random_below(sizeof(operations) / sizeof(operations[0]))]();

        *(result >= 0 ? &accepted : &refused) += 1;
    }
    print("%u steps: %u accepted, %u refused, %u faults\n", steps, accepted, refused, window_faults);
    play_check_grants();
    check(accepted > steps / 4);
    check(refused > steps / 20);
    check(window_faults > steps / 50);
    check_finish();
}
