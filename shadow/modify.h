/*
 * modify.h - what a decoded instruction makes of its memory operand.
 *
 * Rules: nothing here reads or writes memory, so that each caller can store the result as its tables need it.
 * Callers: emulate.c, and the emulation for direct page tables (xen/direct/emulate.c).
 */
#ifndef SHADOW_MODIFY_H
#define SHADOW_MODIFY_H

#include "shadow/decode.h"

/*
 * What the operand becomes when found (1, 2 or 4 bytes) is in it, for every operation but CMPXCHG8B, POP, STOS and
 * MOVS; *flags, the guest's, become those after the instruction. Registers are as before: modify_registers changes
 * them when the operand has been written.
 */
uint32_t modified(const struct instruction *instruction, const struct cpu_user_regs *regs, uint32_t found,
                  uint32_t *flags);
/* The operand was written: eflags become flags; the register operand of XCHG and XADD, eax of CMPXCHG get found. */
void modify_registers(const struct instruction *instruction, struct cpu_user_regs *regs, uint32_t found,
                      uint32_t flags);

/* Does the manual leave the result open? SHLD and SHRD by more than there is. */
bool is_undefined(const struct instruction *instruction, const struct cpu_user_regs *regs);

/* The operand beside the one in memory: a register or an immediate. */
static inline uint32_t source_of(const struct instruction *instruction, const struct cpu_user_regs *regs) {
    return instruction->from_register ? register_read(regs, instruction->reg, instruction->size)
                                      : instruction->immediate;
}

#endif
