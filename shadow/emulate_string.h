/*
 * emulate_string.h - STOS and MOVS, with and without REP. Rules: emulate.h. Callers: emulate.c.
 */
#ifndef SHADOW_EMULATE_STRING_H
#define SHADOW_EMULATE_STRING_H

#include "shadow/emulate_target.h"

/*
 * Carry out iterations as long as they write the target's page and their source can be read. *finished: none is left.
 * Returns TRACE_FALLBACK_none; or TRACE_FALLBACK_operand, not even one, or TRACE_FALLBACK_recycling, a repeated string
 * that rewrites a quarter of a table or more, which the processor does far faster on a table that is out of sync: then
 * nothing has changed.
 */
uint32_t emulate_string(struct target *target, const struct instruction *instruction, struct cpu_user_regs *regs,
                    bool *finished);

#endif
