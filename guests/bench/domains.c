/*
 * domains.c - what takes two domains of this guest: the switch from one to the other and back.
 *
 * Both give up the processor in turn. The first measures; the second goes on a little longer, so that there is always
 * somebody to switch to.
 */
#include <stddef.h>
#include <stdint.h>

#include <xen/sched.h>
#include <xen/vcpu.h>

#include "guests/bench/bench.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/outcome.h"

#define WARM_UP 16u
#define LONGER 64u
/* Nobody is away for less between two turns. */
#define LEAST_NS 10000u

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
