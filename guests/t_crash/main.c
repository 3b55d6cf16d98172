/*
 * t_crash - does something fatal, after saying that all is well: the domain must be ended with a reason, and the run
 * must not be a success.
 *
 * Command line: how=ud2 (an exception without a handler), how=fault (a page fault without a handler), how=stack (a trap
 * from ring 1 that cannot be pushed), how=pointer (entry into nowhere through the trap table). Default: ud2. Expected
 * outcome: crash.
 */
#include "guests/lib/boot.h"
#include "guests/lib/console.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/outcome.h"
#include "guests/lib/string.h"

#define UNMAPPED 0x00001000u

static void invalid_instruction(void) {
    __asm__ volatile("ud2");
}

static void touch_nowhere(void) {
    *(volatile uint32_t *)UNMAPPED = 1;
}

/* A handler is there, but no stack to call it on. */
static void lose_stack(void) {
    static struct trap_info table[2] = { { 6, 0, FLAT_KERNEL_CS, GUEST_VIRT_BASE } };

    hypercall_set_trap_table(table);
    __asm__ volatile("mov %0, %%esp\n\tud2" : : "r"(UNMAPPED));
}

/* Each fault of the handler at an unmapped address calls the handler. */
static void handler_nowhere(void) {
    static struct trap_info table[2] = { { 14, 0, FLAT_KERNEL_CS, UNMAPPED } };

    hypercall_set_trap_table(table);
    touch_nowhere();
}

static const struct {
    const char *name;
    void (*crash)(void);
} ways[] = {
    { "ud2", invalid_instruction },
    { "fault", touch_nowhere },
    { "stack", lose_stack },
    { "pointer", handler_nowhere },
};

_Noreturn void guest_main(void) {
    char how[16] = "ud2";

    boot_option("how", how, sizeof(how));
    hypercall_marker(PENUMBRA_MARKER_outcome, PENUMBRA_OUTCOME_success, 0, 0, "premature");
    for (uint32_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        if (strcmp(ways[i].name, how) != 0)
            continue;
        print("about to crash: %s\n", how);
        ways[i].crash();
        print("still here after %s\n", how);
        finish(PENUMBRA_OUTCOME_failure);
    }
    print("error: how=%s is unknown; allowed: ud2 fault stack pointer\n", how);
    finish(PENUMBRA_OUTCOME_error);
}
