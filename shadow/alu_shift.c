/* alu_shift.c - shifts and rotations of emulated instructions. Rules and callers: alu.h. */
#include "shadow/alu.h"

#include "shadow/decode.h"

/* An operand of width bits; a rotation through carry has one bit more. */
struct shifted {
    uint32_t value;
    bool carry;
};

/* bits, of which width count, rotated left by count. */
static uint64_t rotate_left(uint64_t bits, uint32_t width, uint32_t count) {
    return count == 0 ? bits : ((bits << count) | (bits >> (width - count))) & ((1ull << width) - 1);
}

static struct shifted rotate(uint32_t operation, uint32_t width, uint32_t a, uint32_t count) {
    bool left = operation == OPERATION_ROL;
    uint32_t value, by = count % width;

    value = (uint32_t)rotate_left(a, width, left ? by : (width - by) % width);
    return (struct shifted){value, (left ? value : value >> (width - 1)) & 1};
}

static struct shifted rotate_through_carry(uint32_t operation, uint32_t width, uint32_t a, uint32_t count, bool carry) {
    uint32_t by = count % (width + 1);
    uint64_t bits = rotate_left((uint64_t)carry << width | a, width + 1,
                                operation == OPERATION_RCL ? by : (width + 1 - by) % (width + 1));

    return (struct shifted){(uint32_t)(bits & ((1ull << width) - 1)), bits >> width & 1};
}

static struct shifted shift(uint32_t operation, uint32_t width, uint32_t a, uint32_t count) {
    uint64_t left = (uint64_t)a << count, right = a;

    if (operation == OPERATION_SHL) {
        return (struct shifted){(uint32_t)(left & ((1ull << width) - 1)), left >> width & 1};
    }
    if (operation == OPERATION_SAR && a >> (width - 1)) {
        right |= ~0ull << width;
    }
    return (struct shifted){(uint32_t)(right >> count & ((1ull << width) - 1)), right >> (count - 1) & 1};
}

uint32_t alu_shift(uint32_t operation, uint32_t size, uint32_t a, uint32_t count, uint32_t *flags) {
    uint32_t width = size * 8, top = 1u << (width - 1), changed = FLAG_CF | FLAG_OF, made;
    struct shifted result;

    count &= 31;
    if (count == 0) {
        return a;
    }
    if (operation == OPERATION_ROL || operation == OPERATION_ROR) {
        result = rotate(operation, width, a, count);
    } else if (operation == OPERATION_RCL || operation == OPERATION_RCR) {
        result = rotate_through_carry(operation, width, a, count, *flags & FLAG_CF);
    } else {
        result = shift(operation, width, a, count);
        changed = FLAGS_ARITHMETIC;
    }
    made = (result.carry ? FLAG_CF : 0) | ((a ^ result.value) & top ? FLAG_OF : 0) | result_flags(result.value, top);
    *flags = (*flags & ~changed) | (made & changed);
    return result.value;
}

uint32_t alu_shift_double(uint32_t operation, uint32_t size, uint32_t a, uint32_t b, uint32_t count, uint32_t *flags) {
    uint32_t width = size * 8, top = 1u << (width - 1), value;
    uint64_t mask = (1ull << width) - 1, both;
    bool carry;

    count &= 31;
    if (count == 0) {
        return a;
    }
    if (operation == OPERATION_SHLD) {
        both = ((uint64_t)a << width | b) << count >> width;
        carry = a >> (width - count) & 1;
    } else {
        both = ((uint64_t)b << width | a) >> count;
        carry = a >> (count - 1) & 1;
    }
    value = (uint32_t)(both & mask);
    *flags = (*flags & ~FLAGS_ARITHMETIC) | (carry ? FLAG_CF : 0) | ((a ^ value) & top ? FLAG_OF : 0) |
             result_flags(value, top);
    return value;
}
