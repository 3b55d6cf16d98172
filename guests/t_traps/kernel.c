/* kernel.c - traps from ring 1 into ring 1: vectors, error codes, the address to return to (see main.c). */
#include "guests/lib/boot.h"
#include "guests/lib/check.h"
#include "guests/t_traps/t_traps.h"

#define NOWHERE 0x00001000u

/* Run code, whose last instruction before 1: traps; last_trap then tells. at: address of that instruction, label 0. */
#define TRAP(code, ...)                                                                                          \
    do {                                                                                                         \
        uint32_t at_;                                                                                            \
                                                                                                                 \
        before = trap_count;                                                                                     \
        __asm__ volatile("movl $1f, trap_resume\n\tmovl $0f, %0\n\t" code "\n1:" : "=&r"(at_) : __VA_ARGS__      \
                         : "memory", "cc", "eax", "edx");                                                        \
        at = at_;                                                                                                \
        check_equal(trap_count, before + 1);                                                                     \
        check_equal(last_trap.cs, FLAT_KERNEL_CS);                                                               \
    } while (0)

static uint32_t before, at;

static void check_exceptions(void) {
    static const int32_t bounds[2] = { 1, 2 };

    check_group("exceptions in ring 1");
    TRAP("0:\tud2");
    check(last_trap.vector == 6 && last_trap.eip == at);
    TRAP("xorl %%edx, %%edx\n\txorl %%eax, %%eax\n0:\tdivl %%eax");
    check(last_trap.vector == 0 && last_trap.eip == at);
    TRAP("0:\tint3");
    check(last_trap.vector == 3 && last_trap.eip == at + 1);
    TRAP("movb $0x7f, %%al\n\taddb $1, %%al\n0:\tinto");
    check(last_trap.vector == 4 && last_trap.eip == at + 1);
    TRAP("movl $5, %%eax\n0:\tboundl %%eax, %1", "m"(bounds[0]));
    check(last_trap.vector == 5 && last_trap.eip == at);
    TRAP("pushfl\n\torl $0x100, (%%esp)\n\tpopfl\n0:\tnop");
    check(last_trap.vector == 1 && last_trap.eip == at + 1);
}

static void check_protection(void) {
    check_group("protection in ring 1");
    TRAP("movl $0xdff8, %%eax\n0:\tmovl %%eax, %%fs");       /* beyond the guest's descriptors */
    check(last_trap.vector == 13 && last_trap.error_code == 0xdff8 && last_trap.eip == at);
    TRAP("xorl %%eax, %%eax\n0:\tlldt %%ax");
    check(last_trap.vector == 13 && last_trap.error_code == 0 && last_trap.eip == at);
    TRAP("movl $0xfc400000, %%eax\n0:\tmovl (%%eax), %%eax");  /* beyond the segment's limit: not a page fault */
    check(last_trap.vector == 13 && last_trap.error_code == 0);
    TRAP("movl $0xfffffffc, %%eax\n0:\tmovl %%eax, (%%eax)");
    check(last_trap.vector == 13 && last_trap.error_code == 0);
}

static void check_page_faults(void) {
    check_group("page faults in ring 1");
    TRAP("0:\tmovl 0x1000, %%eax");
    check(last_trap.vector == 14 && last_trap.error_code == 0 && last_trap.eip == at);
    check_equal(trap_fault_address(), NOWHERE);
    TRAP("0:\tmovl %%eax, 0x1004");
    check(last_trap.vector == 14 && last_trap.error_code == 2);
    check_equal(trap_fault_address(), NOWHERE + 4);
    TRAP("movl $0xfc000000, %%eax\n0:\tmovl %%eax, (%%eax)");  /* the machine-to-physical table is not ours to write */
    check(last_trap.vector == 14 && last_trap.error_code == 3);
    TRAP("movl $0x1008, %%eax\n0:\tjmp *%%eax");
    check(last_trap.vector == 14 && last_trap.error_code == 0 && last_trap.eip == NOWHERE + 8);
    check_equal(trap_fault_address(), NOWHERE + 8);
}

static void check_interrupts(void) {
    check_group("INT n in ring 1");
    TRAP("0:\tint $0x91");
    check(last_trap.vector == 25 && last_trap.eip == at + 2);
    TRAP("0:\tint $0x90");
    check(last_trap.vector == 24 && last_trap.eip == at + 2);
    TRAP("0:\tint $0x92");
    check(last_trap.vector == 13 && last_trap.error_code == 0x92 * 8 + 2 && last_trap.eip == at);
    TRAP("0:\tint $0xa0");
    check(last_trap.vector == 13 && last_trap.error_code == 0xa0 * 8 + 2 && last_trap.eip == at);
    TRAP("0:\tint $0x80");
    check(last_trap.vector == 0x80 && last_trap.eip == at + 2);
}

void check_kernel_traps(void) {
    check_exceptions();
    check_protection();
    check_page_faults();
    check_interrupts();
}
