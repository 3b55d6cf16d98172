/* decoder_oracle.c - the engine's instruction decoder against Zydis. Rules and callers: decoder_oracle.h. */
#include "tests/fuzz/decoder_oracle.h"

#include <Zydis/Zydis.h>
#include <stdio.h>
#include <string.h>

#include "shadow/decode.h"

/* Every operation of the engine's, as Zydis names it: one of these words. */
static const char *const mnemonics[] = {
    [OPERATION_ADD] = " add ", [OPERATION_OR] = " or ", [OPERATION_ADC] = " adc ", [OPERATION_SBB] = " sbb ",
    [OPERATION_AND] = " and ", [OPERATION_SUB] = " sub ", [OPERATION_XOR] = " xor ", [OPERATION_INC] = " inc ",
    [OPERATION_DEC] = " dec ", [OPERATION_NOT] = " not ", [OPERATION_NEG] = " neg ", [OPERATION_MOV] = " mov movnti ",
    [OPERATION_ROL] = " rol ", [OPERATION_ROR] = " ror ", [OPERATION_RCL] = " rcl ", [OPERATION_RCR] = " rcr ",
    [OPERATION_SHL] = " shl ", [OPERATION_SHR] = " shr ", [OPERATION_SAR] = " sar ", [OPERATION_SHLD] = " shld ",
    [OPERATION_SHRD] = " shrd ", [OPERATION_MOV_SEGMENT] = " mov ", [OPERATION_POP] = " pop ",
    [OPERATION_XCHG] = " xchg ", [OPERATION_CMPXCHG] = " cmpxchg ", [OPERATION_CMPXCHG8B] = " cmpxchg8b ",
    [OPERATION_XADD] = " xadd ", [OPERATION_BTS] = " bts ", [OPERATION_BTR] = " btr ", [OPERATION_BTC] = " btc ",
    [OPERATION_STOS] = " stosb stosw stosd ", [OPERATION_MOVS] = " movsb movsw movsd ",
};

/* SET, by its condition. */
static const char *const conditions[16] = {
    " seto ", " setno ", " setb ", " setnb ", " setz ", " setnz ", " setbe ", " setnbe ",
    " sets ", " setns ", " setp ", " setnp ", " setl ", " setnl ", " setle ", " setnle ",
};

/* One byte string as Zydis sees it. */
struct seen {
    ZydisDecodedInstruction instruction;
    ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
    const ZydisDecodedOperand *written;   /* the first memory operand that is written, NULL: none */
};

static bool see(const uint8_t *code, uint32_t have, struct seen *seen) {
    static ZydisDecoder decoder;
    static bool ready;
    uint32_t i;

    if (!ready) {
        ready = ZYAN_SUCCESS(ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LEGACY_32, ZYDIS_STACK_WIDTH_32));
    }
    seen->written = NULL;
    if (!ready || !ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, code, have, &seen->instruction, seen->operands))) {
        return false;
    }
    for (i = 0; i < seen->instruction.operand_count && seen->written == NULL; i++) {
        if (seen->operands[i].type == ZYDIS_OPERAND_TYPE_MEMORY &&
            (seen->operands[i].actions & ZYDIS_OPERAND_ACTION_MASK_WRITE)) {
            seen->written = &seen->operands[i];
        }
    }
    return true;
}

/* Does a processor as the machine may have it know the instruction? */
static bool is_of_machine(const struct seen *seen) {
    static const ZydisISASet sets[] = {
        ZYDIS_ISA_SET_I86, ZYDIS_ISA_SET_I186, ZYDIS_ISA_SET_I286PROTECTED, ZYDIS_ISA_SET_I286REAL, ZYDIS_ISA_SET_I386,
        ZYDIS_ISA_SET_I486, ZYDIS_ISA_SET_I486REAL, ZYDIS_ISA_SET_PENTIUMREAL, ZYDIS_ISA_SET_PENTIUMMMX,
        ZYDIS_ISA_SET_PPRO, ZYDIS_ISA_SET_X87, ZYDIS_ISA_SET_FXSAVE, ZYDIS_ISA_SET_SSE, ZYDIS_ISA_SET_SSEMXCSR,
        ZYDIS_ISA_SET_SSE2, ZYDIS_ISA_SET_SSE2MMX,
    };
    uint32_t i;

    for (i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
        if (seen->instruction.meta.isa_set == sets[i]) {
            return true;
        }
    }
    return false;
}

static bool is_string(const struct instruction *ours) {
    return ours->operation == OPERATION_STOS || ours->operation == OPERATION_MOVS;
}

static bool same_operation(const struct instruction *ours, const struct seen *seen) {
    const char *words = ours->operation == OPERATION_SET ? conditions[ours->immediate] : mnemonics[ours->operation];
    char word[32];

    (void)snprintf(word, sizeof(word), " %s ", ZydisMnemonicGetString(seen->instruction.mnemonic));
    return strstr(words, word) != NULL;
}

static bool same_register(uint32_t number, ZydisRegister reg) {
    return number == NO_REGISTER ? reg == ZYDIS_REGISTER_NONE
                                 : reg != ZYDIS_REGISTER_NONE && ZydisRegisterGetId(reg) == (ZyanI8)number;
}

static bool same_segment(uint32_t number, ZydisRegister reg) {
    return reg >= ZYDIS_REGISTER_ES && ZydisRegisterGetId(reg) == (ZyanI8)number;
}

static const char *compare_address(const struct instruction *ours, const struct seen *seen) {
    const ZydisDecodedOperandMem *memory = &seen->written->mem;
    uint32_t mask = ours->address16 ? 0xffff : 0xffffffff;

    if (!same_segment(ours->segment, memory->segment)) {
        return "segment";
    }
    if (!same_register(ours->base, memory->base)) {
        return "base register";
    }
    if (!same_register(ours->index, memory->index)) {
        return "index register";
    }
    if (ours->index != NO_REGISTER && 1u << ours->scale != memory->scale) {
        return "scale";
    }
    return ((ours->displacement ^ (uint32_t)memory->disp.value) & mask) == 0 ? NULL : "displacement";
}

/* STOS and MOVS have no operands of their own but MOVS's source segment; a repeat prefix of either kind repeats. */
static const char *compare_string(const struct instruction *ours, const struct seen *seen) {
    bool repeats = false;
    uint32_t i;

    for (i = 0; i < seen->instruction.raw.prefix_count; i++) {
        repeats = repeats || seen->instruction.raw.prefixes[i].value == 0xf2 ||
                  seen->instruction.raw.prefixes[i].value == 0xf3;
    }
    if (ours->repeat != repeats) {
        return "repeat";
    }
    if (ours->operation == OPERATION_MOVS && !same_segment(ours->segment, seen->operands[1].mem.segment)) {
        return "source segment";
    }
    return NULL;
}

static uint32_t mask_of(uint32_t bits) {
    return bits >= 32 ? 0xffffffff : (1u << bits) - 1;
}

/* A register operand: the source, or, named by no bits of the instruction, a shift's count. */
static bool same_source(const struct instruction *ours, const ZydisDecodedOperand *operand) {
    if (operand->reg.value == ZYDIS_REGISTER_CL && operand->encoding == ZYDIS_OPERAND_ENCODING_NONE) {
        return ours->by_cl;
    }
    if (ours->operation == OPERATION_MOV_SEGMENT) {
        return same_segment(ours->reg, operand->reg.value);
    }
    return ours->from_register && same_register(ours->reg, operand->reg.value);
}

/* Bits of an immediate that do not count are not compared. */
static bool same_immediate(const struct instruction *ours, const ZydisDecodedOperand *operand) {
    uint32_t mask = mask_of(ours->size * 8) & mask_of(operand->imm.is_signed ? 32 : operand->size);

    return !ours->by_cl && ((ours->immediate ^ (uint32_t)operand->imm.value.u) & mask) == 0;
}

/* The operands beside the written one: as many registers and immediates as the engine's decoder says, and the same. */
static const char *compare_sources(const struct instruction *ours, const struct seen *seen) {
    uint32_t i, registers = ours->from_register + ours->by_cl + (ours->operation == OPERATION_MOV_SEGMENT);

    for (i = 0; i < seen->instruction.operand_count_visible; i++) {
        const ZydisDecodedOperand *operand = &seen->operands[i];

        if (operand->type == ZYDIS_OPERAND_TYPE_REGISTER) {
            if (registers-- == 0 || !same_source(ours, operand)) {
                return "register";
            }
        } else if (operand->type == ZYDIS_OPERAND_TYPE_IMMEDIATE && !same_immediate(ours, operand)) {
            return "immediate";
        }
    }
    return registers != 0 ? "a register that is not there" : NULL;
}

static const char *compare_accepted(const struct instruction *ours, const struct seen *seen) {
    const char *difference;

    if (seen->written == NULL) {
        return "it does not write memory";
    }
    if (ours->length != seen->instruction.length) {
        return "length";
    }
    if (!same_operation(ours, seen)) {
        return "operation";
    }
    if (ours->size * 8 != seen->written->size) {
        return "operand size";
    }
    if (ours->address16 != (seen->instruction.address_width == 16)) {
        return "address size";
    }
    if (is_string(ours)) {
        return compare_string(ours, seen);
    }
    difference = compare_address(ours, seen);
    return difference != NULL ? difference : compare_sources(ours, seen);
}

/* Every beginning of the instruction is too short, and what follows it does not matter. */
static const char *compare_beginnings(const uint8_t *code, const struct instruction *ours) {
    struct instruction again;
    uint32_t have;

    for (have = 1; have < ours->length; have++) {
        if (decode(code, have, &again) != DECODE_SHORT) {
            return "a beginning of it is not too short";
        }
    }
    if (decode(code, have, &again) != DECODE_DONE || memcmp(&again, ours, sizeof(again)) != 0) {
        return "the bytes behind it matter";
    }
    return NULL;
}

const char *decoder_compare(const uint8_t *code, uint32_t have, struct decoder_view *view) {
    static struct instruction ours;
    enum decode result;
    struct seen seen;

    memset(&ours, 0, sizeof(ours));
    result = decode(code, have, &ours);
    *view = (struct decoder_view){.accepted = result == DECODE_DONE};
    if (!see(code, have, &seen)) {
        return view->accepted ? "it is no instruction" : NULL;
    }
    view->mnemonic = ZydisMnemonicGetString(seen.instruction.mnemonic);
    view->stores = seen.written != NULL && is_of_machine(&seen);
    if (!view->accepted) {
        return view->stores && result == DECODE_SHORT ? "all of it is there" : NULL;
    }
    return seen.written != NULL && !view->stores ? "no processor of the machine has it" :
           compare_accepted(&ours, &seen) != NULL ? compare_accepted(&ours, &seen) : compare_beginnings(code, &ours);
}
