/* kernel_traps.h - exceptions and system calls of this kernel. */
#ifndef MINI_KERNEL_TRAPS_H
#define MINI_KERNEL_TRAPS_H

#include "guests/lib/traps.h"

/* Register all handlers; the clock is not started. */
void kernel_traps_start(void);

/* The system-call trap (system_call.c). */
void system_call(struct trap_frame *frame);

#endif
