/*
 * hardware.h - the processor: walks of the shadow tables, and all that it may remember of them.
 *
 * Source: Intel SDM volume 3, 4.10.2-4.10.4. It never forgets by itself but for what faulted. Callers: moves.c, port.c,
 * world.c.
 */
#ifndef SMALL_HARDWARE_H
#define SMALL_HARDWARE_H

#include "tests/unit/small/world.h"

void hardware_forget_all(void);
void hardware_forget_page(uint32_t page);
/* The fault at page: it looks again. */
void hardware_faulted(uint32_t page);

/* A walk from the loaded root, FAULT_ACCESS bits. True: *frame; accessed and dirty are set, and it is remembered. */
bool hardware_walk(uint32_t page, uint32_t access, uint32_t *frame, uint32_t *error);
/* A walk that begins with an L2 entry that is remembered and is not in the root any more. True: there was one. */
bool hardware_walk_remembered(uint32_t page);
/* May the processor write frame at this moment, at whatever address? remembered: also by what it only remembers. */
bool hardware_may_write(uint32_t frame, bool remembered);
/* What the processor may do and must not. NULL: nothing. */
const char *hardware_check(void);

#endif
