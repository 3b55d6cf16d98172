/* user.c - traps from ring 3: the frame on the kernel's stack, error codes, what ring 3 may not do (see main.c). */
#include "guests/lib/user.h"

#include "guests/lib/boot.h"
#include "guests/lib/check.h"
#include "guests/t_traps/t_traps.h"

USER_CODE_PIECE(code_ud2, "nop\n\tud2");
USER_CODE_PIECE(code_divide, "xorl %edx, %edx\n\txorl %eax, %eax\n\tdivl %eax");
USER_CODE_PIECE(code_int3, "int3");
USER_CODE_PIECE(code_read, "movl (%eax), %eax\n\tint3");
USER_CODE_PIECE(code_write, "movl %eax, (%eax)\n\tint3");
USER_CODE_PIECE(code_jump, "jmp *%eax");
USER_CODE_PIECE(code_call, "int $0x80\n\tmovl %eax, %ebx\n\tint3");
USER_CODE_PIECE(code_int_user, "int $0x90");
USER_CODE_PIECE(code_int_kernel, "int $0x91");
USER_CODE_PIECE(code_int_hypercall, "int $0x82");
USER_CODE_PIECE(code_cli, "cli");
USER_CODE_PIECE(code_hlt, "hlt");
USER_CODE_PIECE(code_cr0, "movl %cr0, %eax");
USER_CODE_PIECE(code_in, "movl $0x508, %edx\n\tinl %dx, %eax");
USER_CODE_PIECE(code_out, "movl $0x504, %edx\n\toutl %eax, %dx");
USER_CODE_PIECE(code_kernel_ss, "movl $0xe021, %eax\n\tmovl %eax, %ss");

#define RUN(name, eax) user_run(&(name), (eax))

static void check_frame(void) {
    struct trap_frame *frame = RUN(code_ud2, 0x12345678);

    check_group("frame from ring 3");
    check(frame->vector == 6 && frame->eip == USER_CODE + 1);
    check_equal(frame->cs, FLAT_USER_CS);
    check_equal(frame->ss, FLAT_USER_SS);
    check_equal(frame->esp, USER_STACK_END);
    check_equal(frame->eax, 0x12345678);
    check_equal(frame->ds, FLAT_USER_DS);
    check((frame->eflags & 0x3000) == 0);        /* no I/O privilege */
    frame = RUN(code_divide, 0);
    check(frame->vector == 0 && frame->eip == USER_CODE + 4);
    frame = RUN(code_int3, 0);
    check(frame->vector == 3 && frame->eip == USER_CODE + 1);
}

static void check_fault(struct trap_frame *frame, uint32_t linear, uint32_t error_code) {
    check_equal(frame->vector, 14);
    check_equal(frame->error_code, error_code);
    check_equal(trap_fault_address(), linear);
}

static void check_page_faults(void) {
    check_group("page faults in ring 3");
    check_equal(RUN(code_read, USER_DATA)->vector, 3);
    check_equal(RUN(code_write, USER_DATA)->vector, 3);
    check_equal(RUN(code_read, USER_CODE)->vector, 3);
    check_fault(RUN(code_read, USER_NOTHING), USER_NOTHING, 4);
    check_fault(RUN(code_write, USER_NOTHING + 8), USER_NOTHING + 8, 6);
    check_fault(RUN(code_write, USER_CODE), USER_CODE, 7);
    check_fault(RUN(code_read, USER_KERNEL_PAGE), USER_KERNEL_PAGE, 5);
    check_fault(RUN(code_write, USER_KERNEL_PAGE), USER_KERNEL_PAGE, 7);
    check_fault(RUN(code_read, GUEST_VIRT_BASE + 0x100000), GUEST_VIRT_BASE + 0x100000, 5);
    check_fault(RUN(code_read, MACH2PHYS_VIRT_START_NONPAE), MACH2PHYS_VIRT_START_NONPAE, 5);
    check_fault(RUN(code_jump, USER_NOTHING), USER_NOTHING, 4);
    check_equal(RUN(code_read, 0xfd000000)->vector, 13);         /* beyond the limit of the flat segment */
    check_equal(RUN(code_write, 0xfe000000)->vector, 13);
}

static void check_system_call(void) {
    struct trap_frame *frame = RUN(code_call, 77);

    check_group("system call");
    check_equal(frame->vector, 0x80);
    check_equal(frame->eax, 77);
    check_equal(frame->eip, USER_CODE + 2);
    check((frame->eflags & EFLAGS_IF) != 0);
    frame->eax = 78;
    frame = user_continue(frame);
    check_equal(frame->vector, 3);
    check_equal(frame->ebx, 78);
}

/* A #GP that names nothing. */
static void check_refused(struct trap_frame *frame, uint32_t error_code) {
    check_equal(frame->vector, 13);
    check_equal(frame->error_code, error_code);
}

static void check_permissions(void) {
    check_group("what ring 3 may not do");
    check_equal(RUN(code_int_user, 0)->vector, 24);
    check_refused(RUN(code_int_kernel, 0), 0x91 * 8 + 2);
    check_refused(RUN(code_int_hypercall, 17), 0x82 * 8 + 2);
    check_refused(RUN(code_cli, 0), 0);
    check_refused(RUN(code_hlt, 0), 0);
    check_refused(RUN(code_cr0, 0), 0);
    check_refused(RUN(code_in, 0), 0);
    check_refused(RUN(code_out, 0), 0);
    check_refused(RUN(code_kernel_ss, 0), 0xe020);
}

void check_user_traps(void) {
    check_frame();
    check_page_faults();
    check_system_call();
    check_permissions();
}
