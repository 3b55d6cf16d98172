/*
 * nano.h - the operations whose cost virtualization changes, each alone in a loop.
 *
 * They are those of the nano-benchmarks of Adams and Agesen, "A comparison of software and hardware techniques for x86
 * virtualization" (ASPLOS 2006), section 6.3, done by the kernel. Callers: system_call.c.
 */
#ifndef MINI_NANO_H
#define MINI_NANO_H

#include <stdint.h>

/*
 * Do NANO_* which (system_calls.h) as often as times says, with the clock stopped. linear: a page of the current process
 * that is mapped; only for NANO_ptemod. 0, or -ERROR_invalid: there is no such operation, or no such page.
 */
int32_t nano(uint32_t which, uint32_t times, uint32_t linear);

#endif
