/*
 * t_fpu - the FPU switched lazily: the guest's TS flag, the trap that it causes once, and registers that stay whose
 * they are.
 *
 * Expected outcome: success.
 */
#include "guests/lib/boot.h"
#include "guests/lib/check.h"
#include "guests/lib/clock.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/traps.h"
#include "guests/lib/user.h"

#define CR0_TS 8u

static volatile uint32_t traps;

static void device_not_available(struct trap_frame *frame) {
    user_trapped(frame);
    traps++;                                     /* TS is clear already: the instruction is simply repeated */
}

static void any_trap(struct trap_frame *frame) {
    user_trapped(frame);
    check_stop("an exception from ring 1 that nobody expects");
}

static void push_number(uint32_t number) {
    __asm__ volatile("fildl %0" : : "m"(number));
}

static uint32_t pop_number(void) {
    uint32_t number;

    __asm__ volatile("fistpl %0" : "=m"(number) : : "memory");
    return number;
}

static uint32_t task_switched(void) {
    uint32_t value;

    __asm__ volatile("movl %%cr0, %0" : "=r"(value));
    return value & CR0_TS;
}

static void check_trap(void) {
    check_group("fpu_taskswitch");
    __asm__ volatile("fninit");
    check_equal(traps, 0);                       /* a new domain's TS is clear */
    push_number(1234);
    check_equal(hypercall_fpu_taskswitch(1), 0);
    check_equal(task_switched(), CR0_TS);
    check_equal(traps, 0);
    check_equal(pop_number(), 1234);             /* traps, and finds the registers as they were */
    check_equal(traps, 1);
    check_equal(task_switched(), 0);
    push_number(5);
    check_equal(pop_number(), 5);
    check_equal(traps, 1);                       /* once */

    check_equal(hypercall_fpu_taskswitch(1), 0);
    check_equal(hypercall_fpu_taskswitch(0), 0);
    push_number(6);
    check_equal(pop_number(), 6);
    check_equal(traps, 1);                       /* taken back before anything used it */
    check_equal(hypercall_fpu_taskswitch(1), 0);
    __asm__ volatile("clts");
    push_number(7);
    check_equal(pop_number(), 7);
    check_equal(traps, 1);
}

USER_CODE_PIECE(code_push, "movl %eax, 0x08001000\n\tfildl 0x08001000\n\tint $0x80\n\t"
                           "fistpl 0x08001004\n\tmovl 0x08001004, %ebx\n\tint $0x80");

/* Ring 3 uses the FPU: the kernel gets the trap, and the state survives the way through the kernel. */
static void check_user(void) {
    struct trap_frame *frame;

    check_group("ring 3");
    check_equal(hypercall_fpu_taskswitch(1), 0);
    frame = user_run(&code_push, 4711);
    check_equal(frame->vector, 7);
    check_equal(frame->eip, USER_CODE + 5);
    check_equal(task_switched(), 0);
    frame = user_continue(frame);
    check_equal(frame->vector, 0x80);
    frame = user_continue(frame);
    check_equal(frame->vector, 0x80);
    check_equal(frame->ebx, 4711);
}

/* Registers of two imaginary processes, exchanged by the guest's own saving and restoring. */
static void check_states(void) {
    static uint8_t states[2][512] __attribute__((aligned(16)));
    uint32_t before = traps;

    check_group("two states");
    for (uint32_t i = 0; i < 2; i++) {
        __asm__ volatile("fninit");
        push_number(100 + i);
        __asm__ volatile("fxsave %0" : "=m"(states[i]));
    }
    for (uint32_t round = 0; round < 20; round++) {
        uint32_t which = round % 2;

        check_equal(hypercall_fpu_taskswitch(1), 0);
        __asm__ volatile("fxrstor %0" : : "m"(states[which]));
        check_equal(pop_number(), 100 + which + round / 2 * 2);
        push_number(100 + which + (round / 2 + 1) * 2);
        __asm__ volatile("fxsave %0" : "=m"(states[which]));
    }
    check_equal(traps, before + 20);
}

/* The hypervisor's own work between two uses (a timer wait) leaves the registers alone. */
static void check_survival(void) {
    struct sched_poll poll = { .nr_ports = 0, .timeout = clock_ns() + 30000000 };

    check_group("survival");
    __asm__ volatile("fninit");
    push_number(99);
    check_equal(hypercall_sched_op(SCHEDOP_poll, &poll), 0);
    check_equal(pop_number(), 99);
}

_Noreturn void guest_main(void) {
    traps_install();
    for (uint32_t vector = 0; vector < 32; vector++)
        trap_handle(vector, any_trap);
    trap_handle(TRAP_SYSTEM_CALL, any_trap);
    trap_handle(7, device_not_available);
    user_start();
    check_trap();
    check_user();
    check_states();
    check_survival();
    check_finish();
}
