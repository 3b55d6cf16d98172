/* user.c - accesses from ring 3 (see main.c). */
#include <stdint.h>

#include <xen/xen.h>

#include "guests/lib/check.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/string.h"
#include "guests/lib/tables.h"
#include "guests/lib/traps.h"
#include "guests/lib/user.h"
#include "guests/t_4gb/t_4gb.h"

#define TRAP_PROTECTION 13u
#define WORDS_BELOW 16u              /* of data, below the base of %gs, that a program may change */

static uint8_t kernel_stack[8192] __attribute__((aligned(16)));
static uint8_t *code, *stack;

/* Each program works on words of data around 64, where %gs begins, and ends with a system call; ebx, ecx: 1 and -8. */
USER_CODE_PIECE(read_both, "movl %gs:-4, %eax; addl %gs:0, %eax; addl %gs:-8, %eax; addl %gs:4, %eax; int $0x80");
USER_CODE_PIECE(write_both, "movl $0x11, %gs:-4; movl $0x22, %gs:0; movb $0x33, %gs:-8; movl $0x44, %gs:4; int $0x80");
USER_CODE_PIECE(register_8, "movl %gs:4(%ecx), %eax; int $0x80");
USER_CODE_PIECE(register_32, "movl %gs:0x1000-4-0x1000(%ecx,%ebx,4), %eax; int $0x80");
USER_CODE_PIECE(sib_index, "movl %gs:-8(,%ebx,4), %eax; int $0x80");
USER_CODE_PIECE(stack_base, "movl %ecx, %esp; movl %gs:4(%esp), %eax; int $0x80");
USER_CODE_PIECE(absolute, ".byte 0x65, 0xa1; .long -4; movl $0x55, %eax; .byte 0x65, 0xa3; .long -8; int $0x80");
USER_CODE_PIECE(two_bytes, "movzbl %gs:-4, %eax; movl $0x66, %edx; lock xaddl %edx, %gs:-8; addl %edx, %eax;"
                           "int $0x80");
USER_CODE_PIECE(exchange, "movl $0x101, %eax; lock cmpxchgl %ebx, %gs:-4; int $0x80");
USER_CODE_PIECE(words, "movw $0x77, %gs:-4; movw %gs:-4, %ax; int $0x80");
USER_CODE_PIECE(pushed, "pushl %gs:-4; popl %eax; pushl $0x88; popl %gs:-8; int $0x80");
USER_CODE_PIECE(called, "movl %gs:-4, %eax; call *%gs:4; int $0x80");
USER_CODE_PIECE(floating, "fildl %gs:-4; fistpl %gs:-8; movl %gs:-8, %eax; int $0x80");
USER_CODE_PIECE(through_fs, "movl %gs, %eax; movl %eax, %fs; movl %fs:-4, %eax; movl $0, %ecx; movl %ecx, %fs;"
                            "int $0x80");
USER_CODE_PIECE(into_hypervisor, "movl %gs:(%eax), %eax; int $0x80");
USER_CODE_PIECE(no_prefix, "movl %gs, %eax; movl %eax, %ds; movl -4, %eax; int $0x80");

static struct trap_frame *run(const struct user_code *piece, uint32_t eax) {
    struct trap_frame frame = {
        .eax = eax, .ebx = 1, .ecx = 0u - 8, .ds = FLAT_USER_DS, .es = FLAT_USER_DS, .eip = pointer_word(code),
        .cs = FLAT_USER_CS, .eflags = EFLAGS_IF | 2, .esp = pointer_word(stack) + GUEST_PAGE_SIZE, .ss = FLAT_USER_SS,
    };
    uint32_t selector = USER_GS;

    memcpy(code, piece->instructions, piece->bytes);
    put(SLOT, pointer_word(&data[64]), DATA_RING3);
    __asm__ volatile("movl %0, %%gs" : : "r"(selector));
    for (uint32_t i = 0; i < WORDS_BELOW; i++) {
        data[63 - i] = 0x101 + i;
        data[64 + i] = 0x201 + i;
    }
    return user_continue(&frame);
}

/* The program ends with its system call and these results. */
static void expect(const struct user_code *piece, uint32_t eax, uint32_t below_4, uint32_t below_8) {
    struct trap_frame *frame = run(piece, 0);

    check_equal(frame->vector, TRAP_SYSTEM_CALL);
    check_equal(frame->eax, eax);
    check_equal(data[63], below_4);
    check_equal(data[62], below_8);
}

static void check_forms(void) {
    check_group("ring 3");
    expect(&read_both, 0x101 + 0x201 + 0x102 + 0x202, 0x101, 0x102);
    expect(&write_both, 0, 0x11, 0x133);
    check(data[64] == 0x22 && data[65] == 0x44);
    expect(&register_8, 0x101, 0x101, 0x102);
    expect(&register_32, 0x102, 0x101, 0x102);
    expect(&sib_index, 0x101, 0x101, 0x102);
    expect(&stack_base, 0x101, 0x101, 0x102);
    expect(&absolute, 0x55, 0x101, 0x55);
    expect(&two_bytes, 0x01 + 0x102, 0x101, 0x168);
    expect(&exchange, 0x101, 1, 0x102);
    expect(&words, 0x77, 0x77, 0x102);
    expect(&pushed, 0x101, 0x101, 0x88);
    expect(&floating, 0x101, 0x101, 0x101);
    expect(&through_fs, 0x101, 0x101, 0x102);
}

/* An indirect call through the upper half, as C libraries do it, right after an access to the lower one. */
static void check_call(void) {
    struct trap_frame *frame;

    memcpy(code, called.instructions, called.bytes);
    frame = run(&called, 0);                         /* to 0x202, where nothing is: it got that far */
    check_equal(frame->vector, 14);
    check_equal(frame->eip, 0x202);
    check_equal(frame->eax, 0x101);
}

static void check_faults(void) {
    uint32_t base = pointer_word(&data[64]);
    static const uint32_t addresses[] = { 0xfc400000u, 0xfd000000u, 0xfffffffcu };
    struct trap_frame *frame;

    check_group("ring 3, faults");
    for (uint32_t i = 0; i < 3; i++) {
        frame = run(&into_hypervisor, addresses[i] - base);
        check_equal(frame->vector, TRAP_PROTECTION);
        check_equal(frame->eip, pointer_word(code));
    }
    frame = run(&no_prefix, 0);                      /* only %fs and %gs are looked at */
    check_equal(frame->vector, TRAP_PROTECTION);
}

void check_user(void) {
    code = page_take();
    stack = page_take();
    map_page(code, PTE_W | PTE_U | PTE_D);
    map_page(stack, PTE_W | PTE_U | PTE_D);
    map_page(data, PTE_W | PTE_U | PTE_D);
    trap_handle(TRAP_SYSTEM_CALL, (trap_handler *)user_trapped);
    check_equal(hypercall_stack_switch(FLAT_KERNEL_SS, pointer_word(kernel_stack) + sizeof(kernel_stack)), 0);
    check_forms();
    check_call();
    check_faults();
}

void check_user_notified(void) {
    notified = 0;
    expect(&read_both, 0x101 + 0x201 + 0x102 + 0x202, 0x101, 0x102);
    check_equal(notified, 4);
    check_equal(notified_length, 7);
}
