/*
 * returns.c - the event mask on the way in, the iret hypercall, events that wait for a return, the failsafe callback
 * (see main.c).
 */
#include "guests/lib/boot.h"
#include "guests/lib/check.h"
#include "guests/lib/events.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/tables.h"
#include "guests/lib/user.h"
#include "guests/t_traps/t_traps.h"

static volatile uint32_t events;
static uint32_t port;

USER_CODE_PIECE(code_nop, "nop\n\tint3");

static void count_event(uint32_t which) {
    (void)which;
    events++;
}

static volatile uint8_t *mask(void) {
    return &shared_info->vcpu_info[0].evtchn_upcall_mask;
}

/* Events on or off, each before a trap that leaves them and one that masks them. */
static void check_masking(void) {
    check_group("events on the way in");
    *mask() = 1;
    __asm__ volatile("int $0x93");
    check_equal(raw_mask, 1);
    check_equal(raw_cs, FLAT_KERNEL_CS | 0x10000);
    check_equal(raw_eflags & EFLAGS_IF, 0);
    events_enable();
    __asm__ volatile("int $0x93");
    check_equal(raw_mask, 0);
    check_equal(raw_cs, FLAT_KERNEL_CS);
    check_equal(raw_eflags & EFLAGS_IF, EFLAGS_IF);
    __asm__ volatile("int $0x94");
    check_equal(raw_mask, 1);
    check_equal(raw_cs, FLAT_KERNEL_CS);
    check_equal(raw_eflags & EFLAGS_IF, EFLAGS_IF);
    check_equal(*mask(), 1);                     /* a plain iret does not touch the mask */
    check_equal(raw_count, 3);
}

/* The iret hypercall within ring 1: eax, eflags and the mask come from the frame. */
static uint32_t iret_in_kernel(uint32_t flags) {
    uint32_t eax = 0x1234abcd;

    __asm__ volatile("pushl %1\n\t"
                     "pushl %2\n\t"
                     "pushl $1f\n\t"
                     "jmp *%3\n"
                     "1:"
                     : "+a"(eax)
                     : "r"(flags), "i"(FLAT_KERNEL_CS), "r"(hypercall_page + __HYPERVISOR_iret * 32)
                     : "memory", "cc");
    return eax;
}

static void check_iret(void) {
    uint32_t before;

    check_group("iret hypercall");
    *mask() = 1;
    check_equal(iret_in_kernel(2), 0x1234abcd);
    check_equal(*mask(), 1);
    check_equal(iret_in_kernel(2 | EFLAGS_IF), 0x1234abcd);
    check_equal(*mask(), 0);

    *mask() = 1;
    before = events;
    check_equal(event_send(port), 0);
    check_equal(events, before);                 /* masked: it waits */
    iret_in_kernel(2 | EFLAGS_IF);
    check_equal(events, before + 1);             /* delivered on that return */
    check_equal(*mask(), 0);
}

/* iret to ring 3 with I/O privilege and the nested-task flag in the frame's flags: neither may arrive. */
static void check_iret_to_user(void) {
    static uint8_t stack[4096] __attribute__((aligned(16)));
    static uint32_t *top = (uint32_t *)(stack + sizeof(stack));
    struct trap_frame *frame;

    check_group("iret hypercall to ring 3");
    user_run(&code_nop, 0);         /* put the code there */
    top -= 5;
    top[0] = USER_CODE;
    top[1] = FLAT_USER_CS;
    top[2] = EFLAGS_IF | 2 | 0x3000 | 0x4000;
    top[3] = USER_STACK_END - 16;
    top[4] = FLAT_USER_SS;
    frame = user_run_with(top);
    check_equal(frame->vector, 3);
    check_equal(frame->esp, USER_STACK_END - 16);
    check_equal(frame->eflags & 0x7000, 0);
}

static void check_pending_on_unmask(void) {
    uint32_t before = events;

    check_group("events wait");
    *mask() = 1;
    check_equal(event_send(port), 0);
    check_equal(event_send(port), 0);            /* the same port again is the same event */
    check_equal(events, before);
    check(shared_info->vcpu_info[0].evtchn_upcall_pending != 0);
    events_enable();
    check_equal(events, before + 1);
    check_equal(event_send(port), 0);            /* enabled: on the return from the hypercall */
    check_equal(events, before + 2);
}

/* A selector that was good when it was loaded and is not any more when the hypervisor returns. */
static void check_failsafe(void) {
    uint64_t *table = page_take();
    unsigned long frames[1] = { boot_mfn_of(page_frame(table)) };
    uint64_t flat_ring1 = 0x00cbb2000000ffffull;     /* base 0, limit 0xbffff pages, data, ring 1 */
    uint32_t selector, before = trap_failsafe_count;

    check_group("failsafe callback");
    table[1] = flat_ring1;
    page_protect(table, false);                      /* a descriptor table must not be writable */
    if (!check_equal(hypercall_set_gdt(frames, 512), 0))
        return;
    __asm__ volatile("movl %0, %%es" : : "r"(8 | 1));
    check_equal(hypercall_update_descriptor((uint64_t)frames[0] << 12 | 8, 0), 0);
    check_equal(trap_failsafe_count, before + 1);
    __asm__ volatile("movl %%es, %0" : "=r"(selector));
    check_equal(selector & 0xffff, 0);
    __asm__ volatile("movl %0, %%ds\n\tmovl %0, %%es" : : "r"(FLAT_KERNEL_DS));
    check_equal(hypercall_set_gdt(frames, 0), 0);
}

void check_returns(void) {
    port = event_bind_ipi(count_event);
    check_masking();
    check_iret();
    check_iret_to_user();
    check_pending_on_unmask();
    check_failsafe();
}
