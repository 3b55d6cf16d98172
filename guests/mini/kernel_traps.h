/* kernel_traps.h - exceptions and system calls of this kernel. */
#ifndef MINI_KERNEL_TRAPS_H
#define MINI_KERNEL_TRAPS_H

#include "guests/lib/traps.h"

/* Register all handlers; the clock is not started. */
void kernel_traps_start(void);

/*
 * An instruction of the kernel that may fault: its address, and where to go on; 0: none. Set with the address of a label
 * (nano.c); taken says that it has.
 */
extern struct expected_trap {
    uint32_t at, behind;
    bool taken;
} kernel_expected;

/* The system-call trap (system_call.c). */
void system_call(struct trap_frame *frame);

#endif
