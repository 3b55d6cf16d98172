/* control.c - traps, callbacks, scheduling, console, versions, descriptors (see main.c). */
#include <stddef.h>

#include <xen/errno.h>

#include "guests/lib/boot.h"
#include "guests/lib/check.h"
#include "guests/lib/clock.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/mode.h"
#include "guests/lib/tables.h"
#include "guests/lib/traps.h"
#include "guests/t_hypercall_errors/pointers.h"

static void check_traps(void) {
    struct trap_info *across = pointer_across(sizeof(struct trap_info) + 4);
    struct callback_register callback = { .type = 99, .address = { FLAT_KERNEL_CS, pointer_word(trap_entry_event) } };

    check_group("traps and callbacks");
    for (uint32_t i = 0; i < BAD_POINTERS; i++) {
        check_errno(hypercall_set_trap_table(bad_pointers[i]), XEN_EFAULT);
        check_errno(hypercall_callback_op(CALLBACKOP_register, bad_pointers[i]), XEN_EFAULT);
    }
    *across = (struct trap_info){ 30, 0, FLAT_KERNEL_CS, pointer_word(trap_entries[30]) };
    check_errno(hypercall_set_trap_table(across), XEN_EFAULT);      /* the table has no end before the page has one */
    check_errno(hypercall_callback_op(99, &callback), XEN_ENOSYS);
    check_errno(hypercall_callback_op(CALLBACKOP_register, &callback), XEN_ENOSYS);
    callback.type = CALLBACKTYPE_event;
    check_equal(hypercall_callback_op(CALLBACKOP_register, &callback), 0);
    check_errno(hypercall_callback_op(CALLBACKOP_unregister, &callback), XEN_EINVAL);
}

static void check_scheduling(void) {
    struct sched_poll poll = { .nr_ports = 129 };
    evtchn_port_t bad_port = 0x10000;

    check_group("scheduling");
    check_errno(hypercall_sched_op(99, NULL), XEN_ENOSYS);
    check_errno(hypercall(__HYPERVISOR_sched_op_compat, 99, 0, 0, 0, 0), XEN_ENOSYS);
    for (uint32_t i = 0; i < BAD_POINTERS; i++) {
        check_errno(hypercall_sched_op(SCHEDOP_shutdown, bad_pointers[i]), XEN_EFAULT);
        check_errno(hypercall_sched_op(SCHEDOP_poll, bad_pointers[i]), XEN_EFAULT);
        poll = (struct sched_poll){ .nr_ports = 1, .timeout = 1 };
        set_xen_guest_handle(poll.ports, bad_pointers[i]);
        check_errno(hypercall_sched_op(SCHEDOP_poll, &poll), XEN_EFAULT);
    }
    poll = (struct sched_poll){ .nr_ports = 129, .timeout = 1 };
    set_xen_guest_handle(poll.ports, &bad_port);
    check_errno(hypercall_sched_op(SCHEDOP_poll, &poll), XEN_EINVAL);
    poll.nr_ports = 1;
    check_errno(hypercall_sched_op(SCHEDOP_poll, &poll), XEN_EINVAL);
    check_equal(hypercall_sched_op(SCHEDOP_yield, NULL), 0);
    check_equal(hypercall(__HYPERVISOR_sched_op_compat, SCHEDOP_yield, 0, 0, 0, 0), 0);
    check_equal(hypercall_set_timer_op(0), 0);
}

static void check_console_and_version(void) {
    struct xen_feature_info feature = { .submap_idx = 99 };

    check_group("console and version");
    check_errno(hypercall_console_io(99, 0, NULL), XEN_ENOSYS);
    for (uint32_t i = 0; i < BAD_POINTERS; i++) {
        check_errno(hypercall_console_io(CONSOLEIO_write, 4, bad_pointers[i]), XEN_EFAULT);
        check_errno(hypercall_xen_version(XENVER_extraversion, bad_pointers[i]), XEN_EFAULT);
        check_errno(hypercall_xen_version(XENVER_capabilities, bad_pointers[i]), XEN_EFAULT);
        check_errno(hypercall_xen_version(XENVER_get_features, bad_pointers[i]), XEN_EFAULT);
    }
    check_errno(hypercall_xen_version(99, NULL), XEN_ENOSYS);
    check_errno(hypercall_xen_version(XENVER_get_features, &feature), XEN_EINVAL);
    check_equal(hypercall_xen_version(XENVER_version, NULL) >> 16, 3);
}

static void check_descriptors(void) {
    static unsigned long frames[14] = { 0xfffff };
    uint64_t flat_ring3 = 0x00cff2000000ffffull;
    uint64_t own = (uint64_t)boot_mfn_of(page_frame(page_take())) << 12;

    check_group("descriptor tables");
    check_errno(hypercall_set_gdt(frames, FIRST_RESERVED_GDT_ENTRY + 1), XEN_EINVAL);
    check_errno(hypercall_set_gdt(frames, 0xffffffff), XEN_EINVAL);
    check_errno(hypercall_set_gdt(frames, 512), XEN_EINVAL);
    for (uint32_t i = 0; i < BAD_POINTERS; i++)
        check_errno(hypercall_set_gdt(bad_pointers[i], 512), XEN_EFAULT);
    check_errno(hypercall_update_descriptor(0xfffff000u, flat_ring3), XEN_EINVAL);       /* no such frame */
    check_errno(hypercall_update_descriptor(0x00001000u, flat_ring3), XEN_EINVAL);       /* not ours */
    check_errno(hypercall_update_descriptor(own + 3, flat_ring3), XEN_EINVAL);           /* not aligned */
    check_errno(hypercall_update_descriptor(own, 0x0000890000000067ull), XEN_EINVAL);    /* a TSS */
}

static void check_assists(void) {
    check_group("vm_assist");
    check_errno(hypercall_vm_assist(99, VMASST_TYPE_4gb_segments), XEN_ENOSYS);
    check_errno(hypercall_vm_assist(VMASST_CMD_enable, 31), XEN_EINVAL);
    check_errno(hypercall_vm_assist(VMASST_CMD_enable, 0xffffffff), XEN_EINVAL);
    check_equal(mode_switch(mode_now()), 0);             /* what is so already is no change */
}

void check_control(void) {
    check_traps();
    check_scheduling();
    check_console_and_version();
    check_descriptors();
    check_assists();
}
