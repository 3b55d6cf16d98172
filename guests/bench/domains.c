/*
 * domains.c - what takes two domains: the switch from one domain of this guest to another and back, and the log of
 * dirty frames of a domain that has work to do.
 *
 * To be switched both give up the processor in turn. The first measures; the second goes on a little longer, so that
 * there is always somebody to switch to. A log is kept and cleaned by a privileged domain of this guest until the
 * other one ends.
 */
#define __XEN_TOOLS__ 1
#include <stddef.h>
#include <stdint.h>

#include <xen/domctl.h>
#include <xen/errno.h>
#include <xen/sched.h>
#include <xen/vcpu.h>

#include "guests/bench/bench.h"
#include "guests/lib/clock.h"
#include "guests/lib/console.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/outcome.h"

#define WARM_UP 16u
#define LONGER 64u
/* Nobody is away for less between two turns. */
#define LEAST_NS 10000u
/* Whose log is kept, how often it is cleaned, and how much memory it may have. */
#define LOGGED 1u
#define CLEAN_NS 20000000u
#define NUMBERS_MAX 16384u

static void yield(uint32_t times) {
    for (uint32_t i = 0; i < times; i++)
        hypercall_sched_op(SCHEDOP_yield, NULL);
}

/* How long the other one had the processor. */
static uint64_t others_ns(void) {
    struct vcpu_runstate_info info = { 0 };

    hypercall_vcpu_op(VCPUOP_get_runstate_info, 0, &info);
    return info.time[RUNSTATE_runnable];
}

void measure_domain_switch(void) {
    yield(WARM_UP);
    uint64_t before = others_ns();

    begin("domain_switch");
    yield(REPEAT);
    end("domain_switch", 2 * REPEAT);
    if (others_ns() - before < REPEAT * (uint64_t)LEAST_NS)
        panic("the other domain did not have its turns");
}

void yield_in_turn(void) {
    yield(WARM_UP + REPEAT + LONGER);
}

/* An operation of XEN_DOMCTL_shadow_op on the other domain. *found: the pages that were dirty. */
static long shadow(uint32_t operation, uint32_t *found) {
    static uint8_t bitmap[NUMBERS_MAX / 8];
    struct xen_domctl request = { .cmd = XEN_DOMCTL_shadow_op, .interface_version = XEN_DOMCTL_INTERFACE_VERSION,
                                  .domain = LOGGED };

    request.u.shadow_op.op = operation;
    request.u.shadow_op.pages = NUMBERS_MAX;
    set_xen_guest_handle(request.u.shadow_op.dirty_bitmap, bitmap);
    long result = hypercall(__HYPERVISOR_domctl, pointer_word(&request), 0, 0, 0, 0);

    *found = request.u.shadow_op.stats.dirty_count;
    return result;
}

void watch_other(bool log) {
    struct sched_poll poll = { .nr_ports = 0 };
    uint32_t found, cleaned = 0, pages = 0;

    if (log && shadow(XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY, &found) != 0)
        panic("there is no log of domain %u", LOGGED);
    for (;;) {
        poll.timeout = clock_ns() + CLEAN_NS;
        hypercall_sched_op(SCHEDOP_poll, &poll);
        long result = shadow(XEN_DOMCTL_SHADOW_OP_CLEAN, &found);

        if (result == -XEN_ESRCH)
            break;
        if (result != (log ? 0 : -XEN_EINVAL))
            panic("the log was not cleaned: %d", (int)result);
        cleaned++;
        pages += log ? found : 0;
    }
    print("looked %u times, found %u dirty pages\n", cleaned, pages);
}
