/*
 * t_hypercall_errors - every hypercall with bad numbers, pointers and counts: the answer is the errno of Xen's ABI, and
 * nothing has happened.
 *
 * control.c: traps, scheduling, versions, descriptors; memory.c: page tables and frames, with the counts of partial
 * success; events.c: event channels and vcpus. Expected outcome: success.
 */
#include <xen/errno.h>

#include "guests/lib/boot.h"
#include "guests/lib/check.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/traps.h"
#include "guests/t_hypercall_errors/pointers.h"

static void check_numbers_of_calls(void) {
    static const uint32_t unknown[] = { 11, 56, 63, 100, 127, 128, 1000, 0x7fffffff, 0x80000000, 0xffffffff };

    check_group("unknown hypercalls");
    for (uint32_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
        check_errno(hypercall_int82(unknown[i], 0, 0, 0, 0, 0), XEN_ENOSYS);
    check_errno(hypercall(56, 0, 0, 0, 0, 0), XEN_ENOSYS);
    check_errno(hypercall(127, 0, 0, 0, 0, 0), XEN_ENOSYS);
    check_equal(hypercall_int82(__HYPERVISOR_xen_version, XENVER_version, 0, 0, 0, 0),
                hypercall_xen_version(XENVER_version, 0));
}

static void check_multicall(void) {
    struct multicall_entry entries[3] = {
        { .op = 1000 },
        { .op = __HYPERVISOR_xen_version, .args = { XENVER_version } },
        { .op = __HYPERVISOR_xen_version, .args = { 99 } },
    };
    struct multicall_entry inner = { .op = __HYPERVISOR_multicall, .args = { pointer_word(entries), 1 } };

    check_group("multicall");
    for (uint32_t i = 0; i < BAD_POINTERS; i++)
        check_errno(hypercall_multicall(bad_pointers[i], 1), XEN_EFAULT);
    check_errno(hypercall_multicall(pointer_across(8), 1), XEN_EFAULT);
    check_equal(hypercall_multicall(entries, 0), 0);
    check_equal(hypercall_multicall(entries, 3), 0);
    check_errno((int32_t)entries[0].result, XEN_ENOSYS);
    check((int32_t)entries[1].result > 0);
    check_errno((int32_t)entries[2].result, XEN_ENOSYS);
    check_equal(hypercall_multicall(&inner, 1), 0);
    check_errno((int32_t)inner.result, XEN_EINVAL);
}

static void check_marker(void) {
    check_group("marker");
    check_errno(hypercall_marker(99, 0, 0, 0, 0), XEN_EINVAL);
    check_errno(hypercall_marker(0xffffffff, 0, 0, 0, 0), XEN_EINVAL);
    check_errno(hypercall_marker(PENUMBRA_MARKER_outcome, 1, 0, 0, 0), XEN_EINVAL);
    check_errno(hypercall_marker(PENUMBRA_MARKER_outcome, 99, 0, 0, 0), XEN_EINVAL);
    for (uint32_t i = 0; i < BAD_POINTERS; i++)
        check_errno(hypercall_marker(PENUMBRA_MARKER_note, 0, 0, 0, bad_pointers[i]), XEN_EFAULT);
    check_equal(hypercall_marker(PENUMBRA_MARKER_note, 1, 2, 3, 0), 0);
    check_equal(hypercall_marker(PENUMBRA_MARKER_note, 1, 2, 3, "a text of more than sixteen bytes"), 0);
}

_Noreturn void guest_main(void) {
    traps_install();
    pointers_start();
    check_numbers_of_calls();
    check_multicall();
    check_marker();
    check_control();
    check_memory();
    check_events();
    check_finish();
}
