/*
 * leave.c - see leave.h.
 */
#include "analysis/leave.h"

#include <Zydis/Zydis.h>

static enum leave_kind kind_of(const ZydisDecodedInstruction *instruction) {
    bool is_far = instruction->meta.branch_type == ZYDIS_BRANCH_TYPE_FAR;
    bool relative = instruction->raw.imm[0].is_relative;

    switch (instruction->mnemonic) {
    case ZYDIS_MNEMONIC_IRET:
    case ZYDIS_MNEMONIC_IRETD:
        return LEAVE_IRET;
    case ZYDIS_MNEMONIC_INT:
    case ZYDIS_MNEMONIC_INT1:
    case ZYDIS_MNEMONIC_INT3:
        return LEAVE_INTERRUPT;
    case ZYDIS_MNEMONIC_INTO:
        return LEAVE_OVERFLOW;
    case ZYDIS_MNEMONIC_HLT:
        return LEAVE_HALT;
    case ZYDIS_MNEMONIC_SYSENTER:
    case ZYDIS_MNEMONIC_SYSEXIT:
    case ZYDIS_MNEMONIC_RSM:
        return LEAVE_FAR;
    default:
        break;
    }
    switch (instruction->meta.category) {
    case ZYDIS_CATEGORY_COND_BR:
        return LEAVE_CONDITIONAL;
    case ZYDIS_CATEGORY_CALL:
    case ZYDIS_CATEGORY_UNCOND_BR:
        return is_far ? LEAVE_FAR : relative ? LEAVE_DIRECT : LEAVE_INDIRECT;
    case ZYDIS_CATEGORY_RET:
        return is_far ? LEAVE_FAR : LEAVE_INDIRECT;
    default:
        return LEAVE_NOT;
    }
}

static enum leave_stack stack_of(const ZydisDecodedInstruction *instruction, const ZydisDecodedOperand *operands) {
    bool is_move = instruction->opcode_map == ZYDIS_OPCODE_MAP_DEFAULT
        && (instruction->opcode == 0x89 || instruction->opcode == 0x8b) && instruction->operand_width == 32;

    switch (instruction->meta.category) {
    case ZYDIS_CATEGORY_CALL:
    case ZYDIS_CATEGORY_PUSH:
        return STACK_WRITES;
    case ZYDIS_CATEGORY_POP:
    case ZYDIS_CATEGORY_RET:
        return STACK_READS;
    default:
        break;
    }
    for (unsigned i = 0; i < instruction->operand_count_visible && is_move; i++) {
        if (operands[i].type == ZYDIS_OPERAND_TYPE_MEMORY && operands[i].mem.segment == ZYDIS_REGISTER_SS)
            return STACK_MOVES;
    }
    if (instruction->mnemonic == ZYDIS_MNEMONIC_ENTER)
        return STACK_MOVES;
    return instruction->mnemonic == ZYDIS_MNEMONIC_LEAVE ? STACK_READS : STACK_NONE;
}

static void take_loads(struct leave *leave, const ZydisDecodedInstruction *instruction,
                       const ZydisDecodedOperand *operands) {
    for (unsigned i = 0; i < instruction->operand_count_visible; i++) {
        const ZydisDecodedOperand *operand = &operands[i];

        if (operand->type != ZYDIS_OPERAND_TYPE_REGISTER || !(operand->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE))
            continue;
        ZydisRegister to = operand->reg.value;

        leave->controls_tlb |= to >= ZYDIS_REGISTER_CR0 && to <= ZYDIS_REGISTER_CR4;
        if (to >= ZYDIS_REGISTER_DR0 && to <= ZYDIS_REGISTER_DR7)
            leave->loads_debug = (int8_t)(to - ZYDIS_REGISTER_DR0);
        leave->loads_stack_segment |= to == ZYDIS_REGISTER_SS;
        leave->loads_segment |= ZydisRegisterGetClass(to) == ZYDIS_REGCLASS_SEGMENT && to != ZYDIS_REGISTER_SS;
    }
    leave->controls_tlb |= instruction->mnemonic == ZYDIS_MNEMONIC_INVLPG;
    /* LDS, LES, LFS, LGS and LSS name the segment register in their mnemonic */
    leave->loads_stack_segment |= instruction->mnemonic == ZYDIS_MNEMONIC_LSS;
    leave->loads_segment |= instruction->mnemonic == ZYDIS_MNEMONIC_LDS
                            || instruction->mnemonic == ZYDIS_MNEMONIC_LES
                            || instruction->mnemonic == ZYDIS_MNEMONIC_LFS
                            || instruction->mnemonic == ZYDIS_MNEMONIC_LGS;
}

struct leave leave_of(const struct stream_code *code, unsigned index) {
    struct leave leave = { .kind = LEAVE_NEVER, .loads_debug = -1 };
    uint32_t offset = code_offset(code, index);
    bool wide = code->bits == 32;
    ZydisDecoder decoder;
    ZydisDecodedInstruction instruction;
    ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];

    ZydisDecoderInit(&decoder, wide ? ZYDIS_MACHINE_MODE_LEGACY_32 : ZYDIS_MACHINE_MODE_LEGACY_16,
                     wide ? ZYDIS_STACK_WIDTH_32 : ZYDIS_STACK_WIDTH_16);
    if (!ZYAN_SUCCESS(
            ZydisDecoderDecodeFull(&decoder, code->bytes + offset, code->lengths[index], &instruction, operands)))
        return leave;
    leave.kind = kind_of(&instruction);
    leave.narrow = instruction.operand_width == 16;
    leave.stack = stack_of(&instruction, operands);
    leave.repeats = instruction.attributes
                    & (ZYDIS_ATTRIB_HAS_REP | ZYDIS_ATTRIB_HAS_REPE | ZYDIS_ATTRIB_HAS_REPNE);
    leave.target = code->address + offset + instruction.length + (uint32_t)instruction.raw.imm[0].value.s;
    take_loads(&leave, &instruction, operands);
    return leave;
}
