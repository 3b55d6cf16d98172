/*
 * emulate_single.h - instructions with one operand in memory: all but STOS and MOVS. Rules: emulate.h.
 * Callers: emulate.c.
 */
#ifndef SHADOW_EMULATE_SINGLE_H
#define SHADOW_EMULATE_SINGLE_H

#include "shadow/emulate_target.h"

/*
 * Carry the instruction out on the target's page. False: its operand is not, or not all, in that page, or what it
 * leaves is not known; nothing has changed.
 */
bool emulate_single(struct target *target, const struct instruction *instruction, struct cpu_user_regs *regs);

#endif
