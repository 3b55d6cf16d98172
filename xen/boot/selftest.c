/*
 * selftest.c - see selftest.h. The functions are neither inlined nor cloned, so that their names stand in the stack
 * trace.
 */
#include "xen/boot/selftest.h"

#include <stdint.h>

#include "xen/boot/options.h"
#include "xen/lib/panic.h"

/* Nothing is mapped there when no domain runs. */
#define UNMAPPED 0x12345678u

static __attribute__((noinline, noclone)) void selftest_panic(void) {
    panic("selftest: a panic on purpose");
}

static __attribute__((noinline, noclone)) void selftest_assert(void) {
    ASSERT(boot_options.selftest == OPTION_SELFTEST_NONE);
}

static __attribute__((noinline, noclone)) void selftest_fault(void) {
    *(volatile uint32_t *)UNMAPPED = 1;
}

static __attribute__((noinline, noclone)) uint32_t selftest_stack(volatile uint32_t depth) {
    volatile uint32_t below[64];
    below[depth % 64] = depth;
    /* always true, which the compiler does not know */
    return depth == below[depth % 64] ? selftest_stack(depth + 1) + below[0] : 0;
}

__attribute__((noinline)) void selftest_run(void) {
    switch (boot_options.selftest) {
    case OPTION_SELFTEST_NONE:
        return;
    case OPTION_SELFTEST_PANIC:
        selftest_panic();
        return;
    case OPTION_SELFTEST_ASSERT:
        selftest_assert();
        return;
    case OPTION_SELFTEST_FAULT:
        selftest_fault();
        return;
    case OPTION_SELFTEST_STACK:
        selftest_stack(0);
        return;
    }
}
