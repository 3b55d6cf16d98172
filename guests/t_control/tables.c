/*
 * tables.c - page tables and whole pages of another domain by mmuext_op, as Xen's tools pin and copy what they build;
 * what is refused. (What a domain without privilege is told: t_foreign, t_answers.)
 */
#define __XEN_TOOLS__ 1
#include <stddef.h>
#include <stdint.h>

#include <xen/domctl.h>
#include <xen/errno.h>

#include "guests/lib/boot.h"
#include "guests/lib/check.h"
#include "guests/lib/hypercall.h"
#include "guests/t_control/child.h"
#include "guests/t_control/requests.h"
#include "guests/t_control/t_control.h"

#define NOBODY 0x7eff
#define FREE_PAGE 1u                 /* of the child: below its kernel */

static long operate(uint32_t command, uint32_t mfn, uint32_t source, uint32_t domain) {
    struct mmuext_op operation = { .cmd = command, .arg1.mfn = mfn, .arg2.src_mfn = source };

    return hypercall_mmuext_op(&operation, 1, NULL, domain);
}

static long of_child(uint32_t command, uint32_t mfn) {
    return operate(command, mfn, 0, child_id);
}

static void check_pins(void) {
    struct mmuext_op several[] = {
        { .cmd = MMUEXT_PIN_L1_TABLE, .arg1.mfn = child_table() },
        { .cmd = MMUEXT_UNPIN_TABLE, .arg1.mfn = child_table() },
        { .cmd = MMUEXT_UNPIN_TABLE, .arg1.mfn = child_table() },
    };
    uint32_t done = 99;

    for (uint32_t i = 0; i < 2; i++) {                   /* as a directory it needs the table */
        check_equal(of_child(MMUEXT_PIN_L2_TABLE, child_directory()), 0);
        check_errno(of_child(MMUEXT_PIN_L2_TABLE, child_directory()), XEN_EINVAL);
        check_equal(of_child(MMUEXT_PIN_L1_TABLE, child_table()), 0);
        check_errno(of_child(MMUEXT_PIN_L1_TABLE, child_table()), XEN_EINVAL);
        check_equal(of_child(MMUEXT_UNPIN_TABLE, child_directory()), 0);
        check_errno(of_child(MMUEXT_UNPIN_TABLE, child_directory()), XEN_EINVAL);
        check_equal(of_child(MMUEXT_UNPIN_TABLE, child_table()), 0);
    }
    check_errno(hypercall_mmuext_op(several, 3, &done, child_id), XEN_EINVAL);
    check_equal(done, 2);
    check_equal(hypercall_mmuext_op(several, 2, &done, child_id), 0);
    check_equal(done, 2);
    check_errno(of_child(MMUEXT_PIN_L1_TABLE, boot_mfn_of(FREE_PAGE)), XEN_EINVAL);  /* one of ours */
    check_errno(of_child(MMUEXT_PIN_L2_TABLE, 0xfffffff), XEN_EINVAL);
}

static void check_pages(bool direct) {
    uint32_t one = (uint32_t)child_frames[FREE_PAGE], two = (uint32_t)child_frames[FREE_PAGE + 1];
    volatile uint32_t *words = child_open(FREE_PAGE, true);

    words[0] = 0x11111111;
    words[1023] = 0x22222222;
    child_close((void *)(uintptr_t)words);
    check_equal(operate(MMUEXT_COPY_PAGE, two, one, child_id), 0);
    check_equal(of_child(MMUEXT_CLEAR_PAGE, one), 0);
    words = child_open(FREE_PAGE, false);
    check(words[0] == 0 && words[1023] == 0);
    child_close((void *)(uintptr_t)words);
    words = child_open(FREE_PAGE + 1, false);
    check(words[0] == 0x11111111 && words[1023] == 0x22222222);
    check_equal(operate(MMUEXT_COPY_PAGE, one, two, child_id), 0);   /* also while it is mapped for reading */
    child_close((void *)(uintptr_t)words);
    check_equal(of_child(MMUEXT_CLEAR_PAGE, one), 0);
    check_equal(of_child(MMUEXT_CLEAR_PAGE, two), 0);
    check_errno(operate(MMUEXT_COPY_PAGE, one, boot_mfn_of(FREE_PAGE), child_id), XEN_EINVAL);
    check_errno(operate(MMUEXT_COPY_PAGE, boot_mfn_of(FREE_PAGE), one, child_id), XEN_EINVAL);
    check_errno(of_child(MMUEXT_CLEAR_PAGE, boot_mfn_of(FREE_PAGE)), XEN_EINVAL);
    if (direct) {
        check_equal(of_child(MMUEXT_PIN_L1_TABLE, child_table()), 0);
        check_errno(of_child(MMUEXT_CLEAR_PAGE, child_table()), XEN_EINVAL);
        check_equal(of_child(MMUEXT_UNPIN_TABLE, child_table()), 0);
    }
}

/* In direct mode a table is none while we can write it. */
static void check_tables_are_checked(void) {
    volatile uint32_t *table = child_open(CHILD_FRAMES - 1, true);

    table[1022] = boot_mfn_of(FREE_PAGE) << 12 | 1;      /* maps a frame of ours: not for the child to have */
    check_errno(of_child(MMUEXT_PIN_L1_TABLE, child_table()), XEN_EINVAL);
    child_close((void *)(uintptr_t)table);
    check_errno(of_child(MMUEXT_PIN_L1_TABLE, child_table()), XEN_EINVAL);
    check_errno(of_child(MMUEXT_PIN_L2_TABLE, child_directory()), XEN_EINVAL);
    table = child_open(CHILD_FRAMES - 1, true);
    table[1022] = 0;
    child_close((void *)(uintptr_t)table);
}

void check_others_tables(bool direct) {
    if (direct)
        check_tables_are_checked();
    check_pins();
    check_pages(direct);
    check_equal(of_child(MMUEXT_TLB_FLUSH_LOCAL, 0), 0); /* as Xen 3.1: it is the caller's */
    check_errno(of_child(99, 0), XEN_ENOSYS);
    check_errno(operate(MMUEXT_PIN_L1_TABLE, child_table(), 0, NOBODY), XEN_ESRCH);
    check_errno(operate(MMUEXT_TLB_FLUSH_LOCAL, 0, 0, NOBODY), XEN_ESRCH);
    check_errno(operate(MMUEXT_TLB_FLUSH_LOCAL, 0, 0, 0), XEN_ESRCH);        /* ourselves by number */
    check_errno(hypercall_mmuext_op((void *)0xfc000000, 1, NULL, child_id), XEN_EFAULT);
}
