/*
 * decode.c - instruction bytes to struct instruction. Rules and callers: decode.h.
 * Source: Intel SDM volume 2, 2.1 (prefixes, ModRM, SIB), tables 2-1 to 2-3.
 */
#include "shadow/decode.h"

#include <string.h>

/* Bytes of the instruction, and how far they were read. */
struct cursor {
    const uint8_t *code;
    uint32_t have;
    uint32_t at;
    bool too_short;
};

struct prefixes {
    bool operand16;
    bool address16;
    bool repeat;
    bool lock;
    uint8_t segment;          /* enum segment_register, or NO_SEGMENT */
};

#define NO_SEGMENT 0xff

/* The position before the next size bytes, which are at hand or not. */
static inline const uint8_t *take(struct cursor *cursor, uint32_t size) {
    static const uint8_t none[4];
    uint32_t at = cursor->at;

    if (__builtin_expect(at + size > cursor->have, 0)) {
        cursor->too_short = true;
        return none;
    }
    cursor->at = at + size;
    return cursor->code + at;
}

static inline uint32_t take1(struct cursor *cursor) {
    return *take(cursor, 1);
}

static inline uint32_t take2(struct cursor *cursor) {
    const uint8_t *from = take(cursor, 2);

    return from[0] | (uint32_t)from[1] << 8;
}

static inline uint32_t take4(struct cursor *cursor) {
    uint32_t value;

    memcpy(&value, take(cursor, 4), 4);
    return value;
}

static inline uint32_t take_signed_byte(struct cursor *cursor) {
    return (uint32_t)(int32_t)(int8_t)take1(cursor);
}

static uint32_t take_immediate(struct cursor *cursor, uint32_t size) {
    return size == 4 ? take4(cursor) : size == 2 ? take2(cursor) : take1(cursor);
}

static uint8_t operand_size(uint32_t form, bool operand16) {
    return form & FORM_QUADWORD ? 8 : form & FORM_BYTE ? 1 : operand16 || (form & FORM_WORD) ? 2 : 4;
}

/* Prefixes, and the first byte behind them. */
static uint8_t take_prefixes(struct cursor *cursor, struct prefixes *prefixes) {
    for (;;) {
        uint8_t byte = (uint8_t)take1(cursor);

        if (__builtin_expect(one_byte_opcodes[byte].form != FORM_PREFIX, 1)) {
            return byte;
        }
        switch (byte) {
        case 0x26: prefixes->segment = SEGMENT_ES; break;
        case 0x2e: prefixes->segment = SEGMENT_CS; break;
        case 0x36: prefixes->segment = SEGMENT_SS; break;
        case 0x3e: prefixes->segment = SEGMENT_DS; break;
        case 0x64: prefixes->segment = SEGMENT_FS; break;
        case 0x65: prefixes->segment = SEGMENT_GS; break;
        case 0x66: prefixes->operand16 = true; break;
        case 0x67: prefixes->address16 = true; break;
        case 0xf0: prefixes->lock = true; break;         /* every emulated write is atomic */
        case 0xf2: case 0xf3: prefixes->repeat = true; break;
        }
    }
}

/* The displacement that ModRM's mod asks for. */
static uint32_t take_displacement(struct cursor *cursor, uint32_t mod, bool address16) {
    if (mod == 0) {
        return 0;
    }
    return mod == 1 ? take_signed_byte(cursor) : address16 ? take2(cursor) : take4(cursor);
}

/* A 16-bit address: table 2-1 of the manual. */
static void take_address16(struct cursor *cursor, uint32_t mod, uint32_t rm, struct instruction *instruction) {
    static const uint8_t bases[8] = {REGISTER_EBX, REGISTER_EBX, REGISTER_EBP, REGISTER_EBP,
                                     REGISTER_ESI, REGISTER_EDI, REGISTER_EBP, REGISTER_EBX};

    if (mod == 0 && rm == 6) {
        instruction->displacement = take2(cursor);
        return;
    }
    instruction->base = bases[rm];
    if (rm < 4) {
        instruction->index = rm & 1 ? REGISTER_EDI : REGISTER_ESI;
    }
    instruction->displacement = take_displacement(cursor, mod, true);
}

/* A 32-bit address: tables 2-2 and 2-3. */
static void take_address32(struct cursor *cursor, uint32_t mod, uint32_t rm, struct instruction *instruction) {
    uint32_t base = rm;

    if (rm == 4) {
        uint32_t sib = take1(cursor), index = sib >> 3 & 7;

        base = sib & 7;
        instruction->index = index == 4 ? NO_REGISTER : (uint8_t)index;
        instruction->scale = (uint8_t)(sib >> 6);
    }
    if (mod == 0 && base == 5) {
        instruction->displacement = take4(cursor);
        return;
    }
    instruction->base = (uint8_t)base;
    instruction->displacement = take_displacement(cursor, mod, false);
}

/* ModRM and what follows it. False: the destination is a register. */
static bool take_modrm(struct cursor *cursor, const struct prefixes *prefixes, struct instruction *instruction) {
    uint32_t modrm = take1(cursor), mod = modrm >> 6, rm = modrm & 7;

    instruction->reg = modrm >> 3 & 7;
    if (mod == 3) {
        return false;
    }
    if (prefixes->address16) {
        take_address16(cursor, mod, rm, instruction);
    } else {
        take_address32(cursor, mod, rm, instruction);
    }
    if (prefixes->segment == NO_SEGMENT && (instruction->base == REGISTER_ESP || instruction->base == REGISTER_EBP)) {
        instruction->segment = SEGMENT_SS;
    }
    return true;
}

/* Where the other operand is, when it is not a register that ModRM names. opcode: its last byte. */
static void take_source(struct cursor *cursor, const struct prefixes *prefixes, uint32_t form, uint32_t opcode,
                        struct instruction *instruction) {
    if (form & FORM_IMMEDIATE) {
        instruction->immediate = take_immediate(cursor, instruction->size);
    } else if (form & FORM_IMMEDIATE8) {
        instruction->immediate = take_signed_byte(cursor);
    } else if (form & FORM_MOFFS) {
        instruction->displacement = prefixes->address16 ? take2(cursor) : take4(cursor);
        instruction->from_register = true;
        instruction->reg = REGISTER_EAX;
    } else if (form & FORM_CONDITION) {
        instruction->immediate = opcode & 15;
    } else {
        instruction->immediate = 1;
        instruction->by_cl = (form & FORM_CL) != 0;
    }
}

/* What follows the opcode. False: not one of ours. */
static bool take_operands(struct cursor *cursor, const struct prefixes *prefixes, const struct opcode *opcode,
                          uint32_t byte, struct instruction *instruction) {
    uint32_t form = opcode->form;

    if ((form & FORM_MODRM) && !take_modrm(cursor, prefixes, instruction)) {
        return false;
    }
    if (form & FORM_GROUP) {
        instruction->operation = opcode_groups[opcode->operation][instruction->reg];
    }
    if (form & FORM_SOURCE) {
        take_source(cursor, prefixes, form, byte, instruction);
    }
    return instruction->operation != OPERATION_NONE;
}

/* Would the processor refuse the instruction with these prefixes? */
static __attribute__((noinline)) bool is_refused(const struct prefixes *prefixes, uint32_t form,
                                                 const struct instruction *instruction) {
    return (prefixes->lock && instruction->operation > OPERATION_BTC) ||
           ((form & FORM_PLAIN) && (prefixes->operand16 || prefixes->repeat));
}

enum decode decode(const uint8_t *code, uint32_t have, struct instruction *instruction) {
    struct cursor cursor = {.code = code, .have = have};
    struct prefixes prefixes = {.segment = NO_SEGMENT};
    uint32_t byte = take_prefixes(&cursor, &prefixes);
    const struct opcode *opcode = &one_byte_opcodes[byte];
    bool prefixed = cursor.at > 1, known;

    if (byte == 0x0f) {
        byte = take1(&cursor);
        opcode = &two_byte_opcodes[byte];
    }
    if (!cursor.too_short && opcode->operation == OPERATION_NONE && !(opcode->form & FORM_GROUP)) {
        return DECODE_UNKNOWN;
    }
    *instruction = (struct instruction){
        .operation = opcode->operation, .from_register = (opcode->form & FORM_REGISTER) != 0,
        .size = operand_size(opcode->form, prefixes.operand16),
        .repeat = prefixes.repeat,
        .address16 = prefixes.address16, .base = NO_REGISTER, .index = NO_REGISTER,
        .segment = prefixes.segment == NO_SEGMENT ? SEGMENT_DS : prefixes.segment,
    };
    known = take_operands(&cursor, &prefixes, opcode, byte, instruction) &&
            !(prefixed && is_refused(&prefixes, opcode->form, instruction));
    instruction->length = (uint8_t)cursor.at;
    if (cursor.too_short) {
        return DECODE_SHORT;
    }
    return known ? DECODE_DONE : DECODE_UNKNOWN;
}
