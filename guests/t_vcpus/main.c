/*
 * t_vcpus - several vcpus in one domain: what VCPUOP_initialise refuses and what it makes, events between vcpus, page
 * directories, descriptor tables, FPU registers, virtual IOPL and timers that each has for itself, one time for all,
 * going down and coming up again, and a fair share of the processor.
 *
 * It is run with four vcpus. Expected outcome: success.
 */
#include <stddef.h>

#include <xen/errno.h>

#include "guests/lib/boot.h"
#include "guests/lib/check.h"
#include "guests/lib/clock.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/tables.h"
#include "guests/lib/traps.h"
#include "guests/t_vcpus/looks.h"
#include "guests/t_vcpus/vcpus.h"


static uint32_t vcpus;

static void count_vcpus(void) {
    while (vcpus < VCPUS_MAX && hypercall_vcpu_op(VCPUOP_is_up, vcpus, NULL) >= 0)
        vcpus++;
    if (vcpus < 2)
        check_stop("there is one vcpu only: run it with vcpus=4");
}

static void check_refusals(void) {
    check_group("refusals");
    check_equal(hypercall_vcpu_op(VCPUOP_is_up, 0, NULL), 1);
    check_equal(hypercall_vcpu_op(VCPUOP_is_up, 1, NULL), 0);
    check_errno(hypercall_vcpu_op(VCPUOP_is_up, vcpus, NULL), XEN_ENOENT);
    check_errno(hypercall_vcpu_op(VCPUOP_is_up, 32, NULL), XEN_EINVAL);
    check_errno(hypercall_vcpu_op(VCPUOP_up, 1, NULL), XEN_EINVAL);          /* it has no state yet */
    check_errno(hypercall_vcpu_op(VCPUOP_initialise, 1, NULL), XEN_EFAULT);
    check_errno(vcpu_initialise(0, boot_mfn_of_linear(tables_directory())), XEN_EEXIST);
    check_errno(hypercall_vcpu_op(VCPUOP_initialise, vcpus, NULL), XEN_ENOENT);
    check_errno(vcpu_initialise(1, (uint32_t)(start_info->shared_info >> 12)), XEN_EINVAL);                /* not a frame of the domain's */
    check_equal(hypercall_vcpu_op(VCPUOP_down, 1, NULL), 0);                 /* it is */
}

static void check_beginning(void) {
    check_group("beginning");
    for (uint32_t id = 1; id < vcpus; id++) {
        uint32_t directory = boot_mfn_of_linear(looks_directory(0xabc0 + id));

        check_equal(vcpu_initialise(id, directory), 0);
        check_errno(vcpu_initialise(id, directory), XEN_EEXIST);
        vcpu_bind(id);
        check_equal(reports[id].begun, 0);
        check_equal(hypercall_vcpu_op(VCPUOP_up, id, NULL), 0);
        check_equal(hypercall_vcpu_op(VCPUOP_is_up, id, NULL), 1);
    }
    for (uint32_t id = 1; id < vcpus; id++) {
        while (reports[id].begun == 0)
            hypercall_sched_op(SCHEDOP_yield, NULL);
        check_equal(reports[id].begun, 1);
    }
}

/* All of them do the same at the same time. */
static void order_all(enum order order) {
    for (uint32_t id = 1; id < vcpus; id++)
        vcpu_order(id, order);
    for (uint32_t id = 1; id < vcpus; id++)
        vcpu_wait(id);
}

static void check_own_things(void) {
    check_group("page directories");
    order_all(ORDER_LOOK);
    for (uint32_t id = 1; id < vcpus; id++)
        check_equal(reports[id].seen, 0xabc0 + id);
    check_group("descriptor tables");
    order_all(ORDER_SEGMENT);
    for (uint32_t id = 1; id < vcpus; id++)
        check_equal(reports[id].seen, 0x1000 + id);
    check_group("FPU");
    order_all(ORDER_FPU);
    for (uint32_t id = 1; id < vcpus; id++)
        check_equal(reports[id].seen, 100 + id);
    check_group("virtual IOPL");
    order_all(ORDER_PORT);
    for (uint32_t id = 1; id < vcpus; id++)
        check_equal(reports[id].seen, id % 2 ? 0xff : LOOK_PROTECTION);
    check_group("timers");
    order_all(ORDER_TIMER);
    for (uint32_t id = 1; id < vcpus; id++)
        check_equal(reports[id].seen, 3);
    check_group("events");
    for (uint32_t id = 1; id < vcpus; id++)
        check(reports[id].events >= 5 && reports[id].id == id && reports[id].done == 5);
}

/* Whichever vcpu works a time out, it is the same: a program that is moved between them never sees time go back. */
static void check_time(void) {
    check_group("time");
    for (uint32_t i = 0; i < 1000; i++) {
        uint64_t tsc = clock_tsc() + i * 977;
        uint64_t ns = clock_of_vcpu(0, tsc);

        for (uint32_t id = 1; id < vcpus; id++)
            check(clock_of_vcpu(id, tsc) == ns);
    }
}

/* They spin for a second while vcpu 0 sleeps: each gets its part. */
static void check_shares(void) {
    uint32_t least = UINT32_MAX, most = 0;
    struct vcpu_runstate_info state;
    struct sched_poll poll = { .nr_ports = 0 };

    check_group("shares");
    stop = false;
    for (uint32_t id = 1; id < vcpus; id++)
        vcpu_order(id, ORDER_SPIN);
    poll.timeout = clock_ns() + 1000 * MILLISECOND;
    check_equal(hypercall_sched_op(SCHEDOP_poll, &poll), 0);
    stop = true;
    for (uint32_t id = 1; id < vcpus; id++) {
        vcpu_wait(id);
        least = reports[id].turns < least ? reports[id].turns : least;
        most = reports[id].turns > most ? reports[id].turns : most;
        check_equal(hypercall_vcpu_op(VCPUOP_get_runstate_info, id, &state), 0);
        check(state.time[RUNSTATE_running] >= 100 * MILLISECOND);
        check(state.time[RUNSTATE_runnable] >= 100 * MILLISECOND);
    }
    check(most - least < most / 4);              /* a slice is 30 ms of some 330 */
}

static void check_down(void) {
    check_group("down and up");
    vcpu_order(1, ORDER_DOWN);
    vcpu_wait(1);
    while (hypercall_vcpu_op(VCPUOP_is_up, 1, NULL) == 1)
        hypercall_sched_op(SCHEDOP_yield, NULL);
    vcpu_order(1, ORDER_LOOK);                   /* an event does not bring it up */
    for (uint32_t i = 0; i < 10; i++)
        hypercall_sched_op(SCHEDOP_yield, NULL);
    check_equal(reports[1].order, ORDER_LOOK);
    check_equal(hypercall_vcpu_op(VCPUOP_up, 1, NULL), 0);
    vcpu_wait(1);
    check_equal(reports[1].seen, 0xabc1);
    check_equal(reports[1].begun, 1);            /* it went on where it was */
    check_equal(hypercall_vcpu_op(VCPUOP_down, 2, NULL), 0);
    check_equal(hypercall_vcpu_op(VCPUOP_is_up, 2, NULL), 0);
    check_equal(hypercall_vcpu_op(VCPUOP_up, 2, NULL), 0);
}

_Noreturn void guest_main(void) {
    traps_install();
    count_vcpus();
    check_refusals();
    check_beginning();
    check_own_things();
    check_shares();
    check_time();
    check_down();
    check_finish();
}
