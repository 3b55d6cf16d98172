/*
 * alu.h - the arithmetic of emulated instructions, with its flags.
 * Callers: modify.c, emulate_single.c, emulate_string.c.
 * Source: Intel SDM volume 1, 3.4.3.1, and the instructions' pages in volume 2.
 */
#ifndef SHADOW_ALU_H
#define SHADOW_ALU_H

#include <stdbool.h>
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

/*
 * The same for shifts and rotations, ROL to SAR, of a by count (only its low five bits count): alu_shift.c. OF is what
 * a shift by one would define.
 */
uint32_t alu_shift(uint32_t operation, uint32_t size, uint32_t a, uint32_t count, uint32_t *flags);
/* SHLD, SHRD: b is shifted in. count, of which the low five bits count, is at most size * 8. */
uint32_t alu_shift_double(uint32_t operation, uint32_t size, uint32_t a, uint32_t b, uint32_t count, uint32_t *flags);

/* Zero, sign and parity of a result of which top is the highest bit. */
static inline uint32_t result_flags(uint32_t value, uint32_t top) {
    uint32_t nibble = (value ^ value >> 4) & 15;

    return (value == 0 ? FLAG_ZF : 0) | (value & top ? FLAG_SF : 0) | (0x6996u >> nibble & 1 ? 0 : FLAG_PF);
}

/* Does condition (0-15, as opcodes number them) hold? */
static inline bool condition_holds(uint32_t condition, uint32_t flags) {
    static const uint32_t any_of[8] = {FLAG_OF, FLAG_CF, FLAG_ZF, FLAG_CF | FLAG_ZF, FLAG_SF, FLAG_PF, 0, FLAG_ZF};
    bool less = condition >= 12 && !(flags & FLAG_SF) != !(flags & FLAG_OF);

    return (less || (flags & any_of[condition >> 1])) != (condition & 1);
}

#endif
