/*
 * operand.c - registers of the interrupted guest, and the address of an instruction's memory operand. Rules and
 * callers: decode.h.
 * Source: Intel SDM volume 1, 3.7.5 (offsets), volume 2, BTS (bit strings in memory).
 */
#include "shadow/decode.h"

#include <stddef.h>

const uint8_t register_offsets[8] = {
    offsetof(struct cpu_user_regs, eax), offsetof(struct cpu_user_regs, ecx), offsetof(struct cpu_user_regs, edx),
    offsetof(struct cpu_user_regs, ebx), offsetof(struct cpu_user_regs, esp), offsetof(struct cpu_user_regs, ebp),
    offsetof(struct cpu_user_regs, esi), offsetof(struct cpu_user_regs, edi),
};

const uint8_t selector_offsets[6] = {
    [SEGMENT_ES] = offsetof(struct cpu_user_regs, es), [SEGMENT_CS] = offsetof(struct cpu_user_regs, cs),
    [SEGMENT_SS] = offsetof(struct cpu_user_regs, ss), [SEGMENT_DS] = offsetof(struct cpu_user_regs, ds),
    [SEGMENT_FS] = offsetof(struct cpu_user_regs, fs), [SEGMENT_GS] = offsetof(struct cpu_user_regs, gs),
};

uint32_t register_read(const struct cpu_user_regs *regs, uint32_t number, uint32_t size) {
    bool high = size == 1 && number >= 4;
    uint32_t value = *(const uint32_t *)((const uint8_t *)regs + register_offsets[high ? number - 4 : number]);

    if (size == 4) {
        return value;
    }
    return size == 2 ? value & 0xffff : (high ? value >> 8 : value) & 0xff;
}

void register_write(struct cpu_user_regs *regs, uint32_t number, uint32_t size, uint32_t value) {
    bool high = size == 1 && number >= 4;
    uint32_t *slot = (uint32_t *)((uint8_t *)regs + register_offsets[high ? number - 4 : number]);
    uint32_t mask = size == 4 ? 0xffffffff : size == 2 ? 0xffff : high ? 0xff00 : 0xff;

    *slot = (*slot & ~mask) | ((high ? value << 8 : value) & mask);
}

uint32_t operand_offset(const struct instruction *instruction, const struct cpu_user_regs *regs) {
    uint32_t offset = operand_address(instruction, regs), size = instruction->size;

    if (__builtin_expect(is_bit_operation(instruction) && instruction->from_register, 0)) {
        uint32_t number = register_read(regs, instruction->reg, size);
        int32_t bit = size == 2 ? (int16_t)number : (int32_t)number;

        offset += (uint32_t)((bit >> (size == 2 ? 4 : 5)) * (int32_t)size);
    }
    return instruction->address16 ? offset & 0xffff : offset;
}
