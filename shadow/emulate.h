/*
 * emulate.h - carry out one guest kernel instruction that writes to a shadowed table.
 *
 * Rules: the guest's memory, registers and flags afterwards are those that the processor would have left, and every
 * changed entry is propagated. What is not surely right is declined, with nothing changed: then the table goes out of
 * sync and the processor itself runs the instruction (sync.h). A repeated string instruction is carried out as far as
 * its first page goes; where work is left, eip stays and ecx, esi, edi tell how far it came, as after an interrupt.
 * Callers: fault.c.
 */
#ifndef SHADOW_EMULATE_H
#define SHADOW_EMULATE_H

#include "shadow/walk.h"

/*
 * The instruction at regs' eip faulted on a write to walk->linear, which the guest's tables allow and which lies in
 * table walk->frame. TRACE_FALLBACK_none: carried out, regs are advanced. Else the reason why not (enum fallback), and
 * nothing has changed.
 */
uint32_t emulate_write(struct shadow *shadow, const struct walk *walk, struct cpu_user_regs *regs);

#endif
