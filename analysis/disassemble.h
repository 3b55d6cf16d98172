/*
 * disassemble.h - an instruction as text, in Intel's syntax.
 *
 * Callers: analysis/insn_print.c. Source: Zydis 4.0.
 */
#ifndef ANALYSIS_DISASSEMBLE_H
#define ANALYSIS_DISASSEMBLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Write the instruction at bytes (length of them) into text. bits: of the code segment, 16 or 32; address: its linear
 * address. Returns true and fills *target when it is a branch or call to an address that stands in it. What the library
 * does not know becomes "(bad)".
 */
bool disassemble(const uint8_t *bytes, uint32_t length, uint32_t bits, uint32_t address, char *text, size_t size,
                 uint32_t *target);

#endif
