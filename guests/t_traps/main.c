/*
 * t_traps - every way in which a trap reaches the guest kernel, and every way back.
 *
 * kernel.c: from ring 1 to ring 1; user.c: from ring 3, INT n and its permissions, the direct system call; returns.c:
 * the event mask, the iret hypercall, a pending event on return, the failsafe callback. Expected outcome: success.
 */
#include "guests/t_traps/t_traps.h"

#include "guests/lib/boot.h"
#include "guests/lib/check.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/user.h"

struct trap_frame last_trap;
volatile uint32_t trap_count;
volatile uint32_t trap_resume;
volatile uint32_t raw_mask, raw_cs, raw_eflags, raw_count;

/* Events as they are on arrival: trap_enter would mask them first. Frame: eip, cs, eflags. */
__asm__(".pushsection .text\n"
        "raw_entry:\n\t"
        "pushl %eax\n\t"
        "movl shared_info, %eax\n\t"
        "movzbl 1(%eax), %eax\n\t"               /* vcpu_info[0].evtchn_upcall_mask */
        "movl %eax, raw_mask\n\t"
        "movl 8(%esp), %eax\n\t"
        "movl %eax, raw_cs\n\t"
        "movl 12(%esp), %eax\n\t"
        "movl %eax, raw_eflags\n\t"
        "incl raw_count\n\t"
        "popl %eax\n\t"
        "iret\n"
        ".popsection");
extern const uint8_t raw_entry[];

static void record(struct trap_frame *frame) {
    user_trapped(frame);
    last_trap = *frame;
    trap_count++;
    if (trap_resume != 0)
        frame->eip = trap_resume;
    frame->eflags &= ~0x100u;                    /* no more single steps */
    trap_resume = 0;
}

static void add_vectors(void) {
    static struct trap_info table[] = {
        { VECTOR_USER, 3 | 4, FLAT_KERNEL_CS, 0 },
        { VECTOR_KERNEL, 1 | 4, FLAT_KERNEL_CS, 0 },
        { VECTOR_CLOSED, 4, FLAT_KERNEL_CS, 0 },
        { VECTOR_RAW, 1, FLAT_KERNEL_CS, 0 },
        { VECTOR_RAW_MASKING, 1 | 4, FLAT_KERNEL_CS, 0 },
        { 0, 0, 0, 0 },
    };

    /* The entries of unused exceptions, so that a frame tells which it came by. */
    table[0].address = pointer_word(trap_entries[24]);
    table[1].address = pointer_word(trap_entries[25]);
    table[2].address = pointer_word(trap_entries[26]);
    table[3].address = table[4].address = pointer_word(raw_entry);
    check_equal(hypercall_set_trap_table(table), 0);
}

_Noreturn void guest_main(void) {
    traps_install();
    for (uint32_t vector = 0; vector < 32; vector++)
        trap_handle(vector, record);
    trap_handle(TRAP_SYSTEM_CALL, record);
    user_start();
    add_vectors();
    check_kernel_traps();
    check_user_traps();
    check_returns();
    check_finish();
}
