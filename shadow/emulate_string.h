/*
 * emulate_string.h - STOS and MOVS, with and without REP. Rules: emulate.h. Callers: emulate.c.
 */
#ifndef SHADOW_EMULATE_STRING_H
#define SHADOW_EMULATE_STRING_H

#include "shadow/emulate_target.h"

/*
 * Carry out iterations as long as they write the target's page and their source can be read. False: not even one,
 * nothing has changed; that is also the answer to a repeated string that rewrites a quarter of a table or more, which
 * the processor does far faster on a table that is out of sync. *finished: none is left.
 */
bool emulate_string(struct target *target, const struct instruction *instruction, struct cpu_user_regs *regs,
                    bool *finished);

#endif
