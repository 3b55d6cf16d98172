/* alu.c - the arithmetic of emulated instructions. Rules and callers: alu.h. */
#include "shadow/alu.h"

#include "shadow/decode.h"

/* a + b + carry; carries: the carry out of every bit. */
static uint32_t add_flags(uint32_t a, uint32_t b, uint32_t value, uint32_t top) {
    uint32_t carries = (a & b) | ((a | b) & ~value);

    return (carries & top ? FLAG_CF : 0) | (carries & 8 ? FLAG_AF : 0) |
        ((a ^ value) & (b ^ value) & top ? FLAG_OF : 0);
}

/* a - b - borrow. */
static uint32_t sub_flags(uint32_t a, uint32_t b, uint32_t value, uint32_t top) {
    uint32_t borrows = (~a & b) | ((~a | b) & value);

    return (borrows & top ? FLAG_CF : 0) | (borrows & 8 ? FLAG_AF : 0) | ((a ^ b) & (a ^ value) & top ? FLAG_OF : 0);
}

static uint32_t alu_bit(uint32_t operation, uint32_t a, uint32_t bit, uint32_t *flags) {
    uint32_t mask = 1u << bit;

    *flags = (*flags & ~FLAG_CF) | (a & mask ? FLAG_CF : 0);
    switch (operation) {
    case OPERATION_BTS:
        return a | mask;
    case OPERATION_BTR:
        return a & ~mask;
    default:
        return a ^ mask;
    }
}

uint32_t alu(uint32_t operation, uint32_t size, uint32_t a, uint32_t b, uint32_t *flags) {
    uint32_t mask = size == 4 ? 0xffffffff : (1u << (size * 8)) - 1, top = 1u << (size * 8 - 1);
    uint32_t carry = *flags & FLAG_CF, kept = 0, made = 0, value;

    switch (operation) {
    case OPERATION_ADD:
    case OPERATION_ADC:
        value = (a + b + (operation == OPERATION_ADC ? carry : 0)) & mask;
        made = add_flags(a, b, value, top);
        break;
    case OPERATION_SUB:
    case OPERATION_SBB:
        value = (a - b - (operation == OPERATION_SBB ? carry : 0)) & mask;
        made = sub_flags(a, b, value, top);
        break;
    case OPERATION_NEG:
        value = -a & mask;
        made = sub_flags(0, a, value, top);
        break;
    case OPERATION_INC:
        value = (a + 1) & mask;
        made = add_flags(a, 1, value, top) & ~FLAG_CF;
        kept = carry;
        break;
    case OPERATION_DEC:
        value = (a - 1) & mask;
        made = sub_flags(a, 1, value, top) & ~FLAG_CF;
        kept = carry;
        break;
    case OPERATION_AND:
        value = a & b & mask;
        break;
    case OPERATION_OR:
        value = (a | b) & mask;
        break;
    case OPERATION_XOR:
        value = (a ^ b) & mask;
        break;
    case OPERATION_NOT:
        return ~a & mask;
    default:
        return alu_bit(operation, a, b, flags);
    }
    *flags = (*flags & ~FLAGS_ARITHMETIC) | kept | made | result_flags(value, top);
    return value;
}
