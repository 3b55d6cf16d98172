/*
 * decode.c - instruction bytes to struct instruction. Rules and callers: decode.h.
 * Source: Intel SDM volume 2, 2.1 (prefixes, ModRM, SIB), tables 2-1 to 2-3.
 */
#include "shadow/decode.h"

#include <stddef.h>
#include <string.h>

static const uint8_t register_offsets[8] = {
    offsetof(struct cpu_user_regs, eax), offsetof(struct cpu_user_regs, ecx), offsetof(struct cpu_user_regs, edx),
    offsetof(struct cpu_user_regs, ebx), offsetof(struct cpu_user_regs, esp), offsetof(struct cpu_user_regs, ebp),
    offsetof(struct cpu_user_regs, esi), offsetof(struct cpu_user_regs, edi),
};

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
    uint8_t segment;          /* enum segment_register, or NO_SEGMENT */
};

#define NO_SEGMENT 0xff

static inline uint32_t register_word(const struct cpu_user_regs *regs, uint32_t number) {
    return *(const uint32_t *)((const uint8_t *)regs + register_offsets[number]);
}

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
        case 0xf0: break;                                /* LOCK: every emulated write is atomic */
        case 0xf2: case 0xf3: prefixes->repeat = true; break;
        }
    }
}

/* A 16-bit effective address. */
static uint32_t take_address16(struct cursor *cursor, const struct cpu_user_regs *regs, uint32_t mod, uint32_t rm, bool *stack) {
    static const uint8_t first[8] = {REGISTER_EBX, REGISTER_EBX, REGISTER_EBP, REGISTER_EBP,
                                     REGISTER_ESI, REGISTER_EDI, REGISTER_EBP, REGISTER_EBX};
    uint32_t address = 0;

    if (mod == 0 && rm == 6) {
        return take2(cursor);
    }
    address = register_read(regs, first[rm], 2);
    if (rm < 4) {
        address += register_read(regs, rm & 1 ? REGISTER_EDI : REGISTER_ESI, 2);
    }
    *stack = first[rm] == REGISTER_EBP;
    if (mod == 1) {
        address += take_signed_byte(cursor);
    } else if (mod == 2) {
        address += take2(cursor);
    }
    return address & 0xffff;
}

/* A 32-bit effective address. */
static uint32_t take_address32(struct cursor *cursor, const struct cpu_user_regs *regs, uint32_t mod, uint32_t rm, bool *stack) {
    uint32_t address = 0, base = rm;

    if (rm == 4) {
        uint32_t sib = take1(cursor), index = sib >> 3 & 7;

        base = sib & 7;
        if (index != 4) {
            address = register_word(regs, index) << (sib >> 6);
        }
    }
    if (mod == 0 && base == 5) {
        return address + take4(cursor);
    }
    address += register_word(regs, base);
    *stack = base == REGISTER_ESP || base == REGISTER_EBP;
    if (mod == 1) {
        address += take_signed_byte(cursor);
    } else if (mod == 2) {
        address += take4(cursor);
    }
    return address;
}

/* ModRM and what follows it. False: the destination is a register. */
static bool take_modrm(struct cursor *cursor, const struct cpu_user_regs *regs, const struct prefixes *prefixes,
                       struct instruction *instruction) {
    uint32_t modrm = take1(cursor), mod = modrm >> 6, rm = modrm & 7;
    bool stack = false;

    instruction->reg = modrm >> 3 & 7;
    if (mod == 3) {
        return false;
    }
    instruction->offset = prefixes->address16 ? take_address16(cursor, regs, mod, rm, &stack)
                                              : take_address32(cursor, regs, mod, rm, &stack);
    if (prefixes->segment == NO_SEGMENT && stack) {
        instruction->segment = SEGMENT_SS;
    }
    return true;
}

/* BTS, BTR, BTC with a register count bits from the operand's address, forwards and backwards. */
static void move_to_bit(const struct cpu_user_regs *regs, struct instruction *instruction) {
    uint32_t bits = instruction->size * 8u, number;

    if (!instruction->from_register) {
        instruction->immediate &= bits - 1;
        return;
    }
    number = register_read(regs, instruction->reg, instruction->size);
    if (instruction->size == 2) {
        number = (uint32_t)(int32_t)(int16_t)number;
    }
    instruction->immediate = number & (bits - 1);
    instruction->offset += (uint32_t)((int32_t)(number - instruction->immediate) / 8);
    if (instruction->address16) {
        instruction->offset &= 0xffff;
    }
}

/* What follows the opcode. False: not one of ours. */
static bool take_operands(struct cursor *cursor, const struct cpu_user_regs *regs, const struct prefixes *prefixes,
                          const struct opcode *opcode, struct instruction *instruction) {
    uint32_t form = opcode->form;

    if ((form & FORM_MODRM) && !take_modrm(cursor, regs, prefixes, instruction)) {
        return false;
    }
    if (form & FORM_GROUP) {
        instruction->operation = opcode_groups[opcode->operation][instruction->reg];
    }
    if (form & FORM_IMMEDIATE) {
        instruction->immediate = take_immediate(cursor, instruction->size);
    } else if (form & FORM_IMMEDIATE8) {
        instruction->immediate = take_signed_byte(cursor);
    } else if (form & FORM_MOFFS) {
        instruction->offset = prefixes->address16 ? take2(cursor) : take4(cursor);
        instruction->from_register = true;
        instruction->reg = REGISTER_EAX;
    }
    if (instruction->operation >= OPERATION_BTS && instruction->operation <= OPERATION_BTC) {
        move_to_bit(regs, instruction);
    }
    return instruction->operation != OPERATION_NONE;
}

enum decode decode(const uint8_t *code, uint32_t have, const struct cpu_user_regs *regs, struct instruction *instruction) {
    struct cursor cursor = {.code = code, .have = have};
    struct prefixes prefixes = {.segment = NO_SEGMENT};
    uint8_t byte = take_prefixes(&cursor, &prefixes);
    const struct opcode *opcode = &one_byte_opcodes[byte];
    bool known;

    if (byte == 0x0f) {
        opcode = &two_byte_opcodes[take1(&cursor)];
    }
    if (!cursor.too_short && opcode->operation == OPERATION_NONE && !(opcode->form & FORM_GROUP)) {
        return DECODE_UNKNOWN;
    }
    *instruction = (struct instruction){
        .operation = opcode->operation, .from_register = (opcode->form & FORM_REGISTER) != 0,
        .size = opcode->form & FORM_QUADWORD ? 8 : opcode->form & FORM_BYTE ? 1 : prefixes.operand16 ? 2 : 4,
        .repeat = prefixes.repeat, .address16 = prefixes.address16,
        .segment = prefixes.segment == NO_SEGMENT ? SEGMENT_DS : prefixes.segment,
    };
    known = take_operands(&cursor, regs, &prefixes, opcode, instruction);
    instruction->length = (uint8_t)cursor.at;
    if (cursor.too_short) {
        return DECODE_SHORT;
    }
    return known ? DECODE_DONE : DECODE_UNKNOWN;
}
