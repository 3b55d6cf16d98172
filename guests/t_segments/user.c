/* user.c - descriptors of ring 3, and where its traps go (see main.c). */
#include <stdint.h>

#include <xen/xen.h>

#include "guests/lib/boot.h"
#include "guests/lib/check.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/string.h"
#include "guests/lib/tables.h"
#include "guests/lib/traps.h"
#include "guests/lib/user.h"
#include "guests/t_segments/t_segments.h"

#define TLS_SLOT 6u                  /* of three */
#define TLS_SELECTOR(n) ((TLS_SLOT + (n)) << 3 | 3)
#define TRAP_PROTECTION 13u

USER_CODE_PIECE(load_and_read, "movl %eax, %gs; movl %gs:0, %eax; int $0x80");
USER_CODE_PIECE(only_trap, "int $0x80");

static uint8_t kernel_stack[8192] __attribute__((aligned(16)));
static uint8_t *code, *stack;
static uint32_t *words;

static struct trap_frame *run(const struct user_code *piece, uint32_t eax) {
    struct trap_frame frame = {
        .eax = eax, .ds = FLAT_USER_DS, .es = FLAT_USER_DS, .eip = pointer_word(code), .cs = FLAT_USER_CS,
        .eflags = EFLAGS_IF | 2, .esp = pointer_word(stack) + GUEST_PAGE_SIZE, .ss = FLAT_USER_SS,
    };

    memcpy(code, piece->instructions, piece->bytes);
    return user_continue(&frame);
}

/* The three descriptors of a thread, in one multicall as a kernel sets them when it switches. */
static void load_thread(uint32_t thread) {
    static struct multicall_entry calls[3];

    for (uint32_t i = 0; i < 3; i++) {
        uint64_t machine = (uint64_t)gdt_frames[0] << 12 | (TLS_SLOT + i) * 8;
        uint64_t value = descriptor(pointer_word(&words[thread * 3 + i]), 0xfffff, DATA_RING3, GRANULAR);

        calls[i] = (struct multicall_entry){
            .op = __HYPERVISOR_update_descriptor,
            .args = { (uint32_t)machine, (uint32_t)(machine >> 32), (uint32_t)value, (uint32_t)(value >> 32) },
        };
    }
    check_equal(hypercall_multicall(calls, 3), 0);
    check(calls[0].result == 0 && calls[1].result == 0 && calls[2].result == 0);
}

static void check_threads(void) {
    check_group("thread-local storage");
    for (uint32_t thread = 0; thread < 4; thread++) {
        load_thread(thread % 2);
        for (uint32_t i = 0; i < 3; i++) {
            struct trap_frame *frame = run(&load_and_read, TLS_SELECTOR(i));

            check_equal(frame->vector, TRAP_SYSTEM_CALL);
            check_equal(frame->eax, 0x1000 + thread % 2 * 3 + i);
        }
    }
    check_equal(run(&load_and_read, 1 << 3 | 3)->vector, TRAP_PROTECTION);           /* the kernel's segment */
    check_equal(run(&load_and_read, FLAT_KERNEL_DS | 3)->vector, TRAP_PROTECTION);
    check_equal(run(&load_and_read, 0xe008)->vector, TRAP_PROTECTION);               /* the hypervisor's */
}

/* Whatever privilege the selector names, the kernel runs in ring 1: so does its stack. */
static void check_stack(void) {
    uint32_t top = pointer_word(kernel_stack) + sizeof(kernel_stack);

    check_group("stack_switch");
    check_equal(put(3, descriptor(0, 0xfbfff, DATA_RING1, GRANULAR)), 0);
    for (uint32_t level = 0; level < 4; level++) {
        check_equal(hypercall_stack_switch((FLAT_KERNEL_SS & ~3u) | level, top), 0);
        check_equal(run(&only_trap, 0)->vector, TRAP_SYSTEM_CALL);
        check_equal(hypercall_stack_switch(3 << 3 | level, top), 0);
        check_equal(run(&only_trap, 0)->vector, TRAP_SYSTEM_CALL);
    }
    check_equal(hypercall_stack_switch(FLAT_KERNEL_SS, 0xffffffff), 0);              /* any address, until it is used */
    check_equal(hypercall_stack_switch(FLAT_KERNEL_SS, top), 0);
    check_equal(run(&only_trap, 0)->vector, TRAP_SYSTEM_CALL);               /* which leaves the kernel on this stack */
}

void check_user(void) {
    code = page_take();
    stack = page_take();
    words = page_take();
    for (uint32_t i = 0; i < 6; i++)
        words[i] = 0x1000 + i;
    check_equal(map_page(code, PTE_W | PTE_U | PTE_D), 0);
    check_equal(map_page(stack, PTE_W | PTE_U | PTE_D), 0);
    check_equal(map_page(words, PTE_W | PTE_U | PTE_D), 0);
    trap_handle(TRAP_SYSTEM_CALL, (trap_handler *)user_trapped);
    check_equal(hypercall_stack_switch(FLAT_KERNEL_SS, pointer_word(kernel_stack) + sizeof(kernel_stack)), 0);
    check_threads();
    check_stack();
    __asm__ volatile("movl %0, %%gs" : : "r"(0));
}
