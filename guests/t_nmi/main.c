/*
 * t_nmi - the callback for NMIs, which a domain sends itself, and the debug registers.
 *
 * Expected outcome: success.
 */
#include <stddef.h>
#include <stdint.h>

#include <xen/errno.h>
#include <xen/nmi.h>

#include "guests/lib/boot.h"
#include "guests/lib/check.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/traps.h"

/* Frame {eip, cs and saved mask, eflags}. Returns by the iret hypercall, which ends the NMI, when nmi_ends is set. */
__asm__(".pushsection .text\n"
        "nmi_handler:\n\t"
        "incl nmi_count\n\t"
        "pushl %eax\n\t"
        "movl shared_info, %eax\n\t"
        "movzbl 1(%eax), %eax\n\t"               /* evtchn_upcall_mask */
        "movl %eax, nmi_saw_mask\n\t"
        "cmpl $0, nmi_ends\n\t"
        "je 1f\n\t"
        "movl $23, %eax\n\t"                     /* iret: {eax, eip, cs, eflags} */
        "int $0x82\n"
        "1:\tpopl %eax\n\t"
        "iret\n"
        ".popsection");
extern const uint8_t nmi_handler[];
volatile uint32_t nmi_count, nmi_ends, nmi_saw_mask;

static long send_nmi(uint32_t vcpu) {
    return hypercall_vcpu_op(VCPUOP_send_nmi, vcpu, NULL);
}

static long nmi_op(uint32_t command, const void *argument) {
    return hypercall(__HYPERVISOR_nmi_op, command, pointer_word(argument), 0, 0, 0);
}

static void check_nmi(void) {
    struct xennmi_callback callback = { .handler_address = pointer_word(nmi_handler) };
    struct callback_register add = { .type = CALLBACKTYPE_nmi,
                                     .address = { FLAT_KERNEL_CS, pointer_word(nmi_handler) } };
    struct callback_unregister remove = { .type = CALLBACKTYPE_nmi };

    check_group("NMI callback");
    check_errno(send_nmi(31), XEN_ENOENT);
    check_errno(send_nmi(32), XEN_EINVAL);
    check_errno(hypercall_vcpu_op(VCPUOP_send_nmi, 0, &callback), XEN_EINVAL);
    check_errno(nmi_op(99, &callback), XEN_ENOSYS);
    check_errno(nmi_op(XENNMI_register_callback, NULL), XEN_EFAULT);
    check_equal(nmi_op(XENNMI_unregister_callback, NULL), 0);

    nmi_ends = 1;
    check_equal(send_nmi(0), 0);                         /* nobody handles it: it waits */
    check_equal(nmi_count, 0);
    check_equal(nmi_op(XENNMI_register_callback, &callback), 0);
    check_equal(nmi_count, 1);
    check_equal(send_nmi(0), 0);
    check_equal(nmi_count, 2);
    check_equal(nmi_saw_mask, 1);                        /* the handler runs with events masked */
    check_equal(shared_info->vcpu_info[0].evtchn_upcall_mask, 1);        /* ... as they were here */
    shared_info->vcpu_info[0].evtchn_upcall_mask = 0;
    check_equal(send_nmi(0), 0);
    check_equal(shared_info->vcpu_info[0].evtchn_upcall_mask, 0);
    shared_info->vcpu_info[0].evtchn_upcall_mask = 1;
    check_equal(nmi_count, 3);

    check_group("one NMI at a time");
    nmi_ends = 0;
    check_equal(send_nmi(0), 0);
    check_equal(nmi_count, 4);
    check_equal(send_nmi(0), 0);                         /* the first has not ended */
    check_equal(send_nmi(0), 0);
    check_equal(nmi_count, 4);
    nmi_ends = 1;
    __asm__ volatile("pushfl\n\t"                        /* end it: go on behind the hypercall */
                     "orl $0x200, (%%esp)\n\t"
                     "pushl %%cs\n\t"
                     "pushl $1f\n\t"
                     "pushl %%eax\n\t"
                     "movl $23, %%eax\n\t"
                     "int $0x82\n"
                     "1:"
                     : : : "eax", "memory", "cc");
    shared_info->vcpu_info[0].evtchn_upcall_mask = 1;
    check_equal(nmi_count, 5);                           /* the two were one */

    check_equal(hypercall_callback_op(CALLBACKOP_unregister, &remove), 0);
    check_equal(send_nmi(0), 0);
    check_equal(nmi_count, 5);
    check_equal(hypercall_callback_op(CALLBACKOP_register, &add), 0);
    check_equal(nmi_count, 6);
}

static long set_debugreg(uint32_t number, uint32_t value) {
    return hypercall(__HYPERVISOR_set_debugreg, number, value, 0, 0, 0);
}

static uint32_t get_debugreg(uint32_t number) {
    return (uint32_t)hypercall(__HYPERVISOR_get_debugreg, number, 0, 0, 0, 0);
}

static volatile uint32_t debug_traps, debug_status;

static void on_debug(struct trap_frame *frame) {
    (void)frame;
    debug_traps++;
    debug_status = get_debugreg(6);
    set_debugreg(6, 0);
}

static void check_debug_registers(void) {
    static volatile uint32_t watched;

    check_group("debug registers");
    trap_handle(1, on_debug);
    check_equal(set_debugreg(7, 0), 0);
    check_equal(get_debugreg(7), 0);
    check_equal(set_debugreg(0, pointer_word(&watched)), 0);
    watched = 1;
    check_equal(debug_traps, 0);
    check_equal(set_debugreg(7, 0x000d0002), 0);         /* global, writes, four bytes */
    check_equal(get_debugreg(7), 0x000d0402);
    watched = 2;
    check_equal(debug_traps, 1);
    check_equal(debug_status & 0xf, 1);
    check_equal(set_debugreg(7, 0), 0);
    watched = 3;
    check_equal(debug_traps, 1);
    check_errno(set_debugreg(7, 0x2000), XEN_EPERM);     /* general detect */
    check_errno(set_debugreg(7, 0x00020000), XEN_EPERM); /* an I/O breakpoint */
    check_errno(set_debugreg(7, 0x00080000), XEN_EPERM); /* eight bytes */
    check_errno(set_debugreg(0, 0xfc000000), XEN_EPERM);
    check_errno(set_debugreg(4, 0), XEN_EINVAL);
    check_errno(set_debugreg(8, 0), XEN_EINVAL);
    check_equal(get_debugreg(0), pointer_word(&watched));
    check_equal((int32_t)get_debugreg(8), -XEN_EINVAL);
}

_Noreturn void guest_main(void) {
    traps_install();
    hypercall_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL);
    check_nmi();
    check_debug_registers();
    check_finish();
}
