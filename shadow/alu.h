/*
 * alu.h - the arithmetic of emulated instructions, with its flags.
 * Callers: emulate.c. Source: Intel SDM volume 1, 3.4.3.1, and the instructions' pages in volume 2.
 */
#ifndef SHADOW_ALU_H
#define SHADOW_ALU_H

#include <stdint.h>

#define FLAG_CF (1u << 0)
#define FLAG_PF (1u << 2)
#define FLAG_AF (1u << 4)
#define FLAG_ZF (1u << 6)
#define FLAG_SF (1u << 7)
#define FLAG_OF (1u << 11)
#define FLAGS_ARITHMETIC (FLAG_CF | FLAG_PF | FLAG_AF | FLAG_ZF | FLAG_SF | FLAG_OF)

/*
 * The result of operation on a (destination) and b (source), both of size 1, 2 or 4 bytes; *flags is updated as the
 * processor does (flags that the manual leaves undefined are cleared, or kept by the bit operations). For the bit
 * operations b is the bit's number. Operations: enum operation from ADD to NEG, and BTS, BTR, BTC.
 */
uint32_t alu(uint32_t operation, uint32_t size, uint32_t a, uint32_t b, uint32_t *flags);

#endif
