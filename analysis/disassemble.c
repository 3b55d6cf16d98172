/*
 * disassemble.c - see disassemble.h.
 */
#include "analysis/disassemble.h"

#include <Zydis/Zydis.h>
#include <stdio.h>

bool disassemble(const uint8_t *bytes, uint32_t length, uint32_t bits, uint32_t address, char *text, size_t size,
                 uint32_t *target) {
    ZydisDecoder decoder;
    ZydisFormatter formatter;
    ZydisDecodedInstruction instruction;
    ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
    ZyanU64 to = 0;

    if (bits == 16)
        ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LEGACY_16, ZYDIS_STACK_WIDTH_16);
    else
        ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LEGACY_32, ZYDIS_STACK_WIDTH_32);
    ZydisFormatterInit(&formatter, ZYDIS_FORMATTER_STYLE_INTEL);
    ZydisFormatterSetProperty(&formatter, ZYDIS_FORMATTER_PROP_HEX_UPPERCASE, ZYAN_FALSE);
    ZydisFormatterSetProperty(&formatter, ZYDIS_FORMATTER_PROP_ADDR_PADDING_ABSOLUTE, ZYDIS_PADDING_DISABLED);
    ZydisFormatterSetProperty(&formatter, ZYDIS_FORMATTER_PROP_DISP_PADDING, ZYDIS_PADDING_DISABLED);
    ZydisFormatterSetProperty(&formatter, ZYDIS_FORMATTER_PROP_IMM_PADDING, ZYDIS_PADDING_DISABLED);
    bool known = ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, bytes, length, &instruction, operands))
        && ZYAN_SUCCESS(ZydisFormatterFormatInstruction(&formatter, &instruction, operands,
                                                        instruction.operand_count_visible, text, size, address, NULL));

    if (!known) {
        snprintf(text, size, "(bad)");
        return false;
    }
    if (!instruction.operand_count_visible || operands[0].type != ZYDIS_OPERAND_TYPE_IMMEDIATE
        || !operands[0].imm.is_relative
        || !ZYAN_SUCCESS(ZydisCalcAbsoluteAddress(&instruction, &operands[0], address, &to)))
        return false;
    *target = (uint32_t)to;
    return true;
}
