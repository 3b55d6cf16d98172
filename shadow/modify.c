/* modify.c - what a decoded instruction makes of its memory operand. Rules and callers: modify.h. */
#include "shadow/modify.h"

#include "shadow/alu.h"

static uint32_t shift_count(const struct instruction *instruction, const struct cpu_user_regs *regs) {
    return (instruction->by_cl ? regs->ecx : instruction->immediate) & 31;
}

bool is_undefined(const struct instruction *instruction, const struct cpu_user_regs *regs) {
    return (instruction->operation == OPERATION_SHLD || instruction->operation == OPERATION_SHRD) &&
           shift_count(instruction, regs) > instruction->size * 8u;
}

/* CMPXCHG writes memory in any case: what it found, when that is not what it looked for. */
static uint32_t compare_exchange(const struct instruction *instruction, const struct cpu_user_regs *regs,
                                 uint32_t found, uint32_t *flags) {
    uint32_t wanted = register_read(regs, REGISTER_EAX, instruction->size);

    (void)alu(OPERATION_SUB, instruction->size, wanted, found, flags);
    return found == wanted ? source_of(instruction, regs) : found;
}

uint32_t modified(const struct instruction *instruction, const struct cpu_user_regs *regs, uint32_t found,
                  uint32_t *flags) {
    uint32_t size = instruction->size, operation = instruction->operation, source = source_of(instruction, regs);

    switch (operation) {
    case OPERATION_MOV: case OPERATION_XCHG:
        return source;
    case OPERATION_MOV_SEGMENT:
        return selector_read(regs, instruction->reg);
    case OPERATION_SET:
        return condition_holds(instruction->immediate, *flags);
    case OPERATION_CMPXCHG:
        return compare_exchange(instruction, regs, found, flags);
    case OPERATION_XADD:
        return alu(OPERATION_ADD, size, found, source, flags);
    case OPERATION_BTS: case OPERATION_BTR: case OPERATION_BTC:
        return alu(operation, size, found, source & (size * 8 - 1), flags);
    case OPERATION_ROL: case OPERATION_ROR: case OPERATION_RCL: case OPERATION_RCR:
    case OPERATION_SHL: case OPERATION_SHR: case OPERATION_SAR:
        return alu_shift(operation, size, found, shift_count(instruction, regs), flags);
    case OPERATION_SHLD: case OPERATION_SHRD:
        return alu_shift_double(operation, size, found, source, shift_count(instruction, regs), flags);
    default:
        return alu(operation, size, found, source, flags);
    }
}

void modify_registers(const struct instruction *instruction, struct cpu_user_regs *regs, uint32_t found,
                      uint32_t flags) {
    uint32_t size = instruction->size;

    regs->eflags = flags;
    if (instruction->operation == OPERATION_XCHG || instruction->operation == OPERATION_XADD) {
        register_write(regs, instruction->reg, size, found);
    } else if (instruction->operation == OPERATION_CMPXCHG && !(flags & FLAG_ZF)) {
        register_write(regs, REGISTER_EAX, size, found);
    }
}
