/* samples.c - random instructions of every kind that the engine emulates. See samples.h. */
#include "tests/unit/shadow/samples.h"

#include <string.h>

#include "shadow/geometry.h"
#include "tests/unit/shadow/check.h"
#include "tests/unit/shadow/native.h"

#define LOGIC (FLAGS_ARITHMETIC & ~FLAG_AF)
#define BITS (FLAG_CF | FLAG_ZF)

#define ALU(base, flags) \
    {{base}, 1, -1, 0, 1, true, 0, flags}, {{base + 1}, 1, -1, 0, 4, true, 0, flags}, \
    {{0x80}, 1, base / 8, 1, 1, true, 0, flags}, {{0x81}, 1, base / 8, 4, 4, true, 0, flags}, \
    {{0x83}, 1, base / 8, 1, 4, true, 0, flags}

#define SHIFT(extension, kind, flags) \
    {{0xc0}, 1, extension, 1, 1, false, kind, flags}, {{0xc1}, 1, extension, 1, 4, false, kind, flags}, \
    {{0xd0}, 1, extension, 0, 1, false, kind, flags}, {{0xd1}, 1, extension, 0, 4, false, kind, flags}, \
    {{0xd2}, 1, extension, 0, 1, false, kind, flags}, {{0xd3}, 1, extension, 0, 4, false, kind, flags}
#define DOUBLE_SHIFT(by_immediate, by_cl) \
    {{0x0f, by_immediate}, 2, -1, 1, 4, false, SHIFTED, LOGIC}, {{0x0f, by_cl}, 2, -1, 0, 4, false, SHIFTED, LOGIC}
#define SET(condition) {{0x0f, 0x90 + condition}, 2, -1, 0, 1, false, 0, ARITHMETIC}
#define SET4(condition) SET(condition), SET(condition + 1), SET(condition + 2), SET(condition + 3)

const struct sample samples[] = {
    ALU(0x00, ARITHMETIC), ALU(0x08, LOGIC), ALU(0x10, ARITHMETIC), ALU(0x18, ARITHMETIC), ALU(0x20, LOGIC),
    ALU(0x28, ARITHMETIC), ALU(0x30, LOGIC),
    {{0x86}, 1, -1, 0, 1, true, 0, ARITHMETIC}, {{0x87}, 1, -1, 0, 4, true, 0, ARITHMETIC},
    {{0x88}, 1, -1, 0, 1, false, 0, ARITHMETIC}, {{0x89}, 1, -1, 0, 4, false, 0, ARITHMETIC},
    {{0xc6}, 1, 0, 1, 1, false, 0, ARITHMETIC}, {{0xc7}, 1, 0, 4, 4, false, 0, ARITHMETIC},
    {{0xfe}, 1, 0, 0, 1, true, 0, ARITHMETIC}, {{0xfe}, 1, 1, 0, 1, true, 0, ARITHMETIC},
    {{0xff}, 1, 0, 0, 4, true, 0, ARITHMETIC}, {{0xff}, 1, 1, 0, 4, true, 0, ARITHMETIC},
    {{0xf6}, 1, 2, 0, 1, true, 0, ARITHMETIC}, {{0xf6}, 1, 3, 0, 1, true, 0, ARITHMETIC},
    {{0xf7}, 1, 2, 0, 4, true, 0, ARITHMETIC}, {{0xf7}, 1, 3, 0, 4, true, 0, ARITHMETIC},
    {{0x0f, 0xb0}, 2, -1, 0, 1, true, 0, ARITHMETIC}, {{0x0f, 0xb1}, 2, -1, 0, 4, true, 0, ARITHMETIC},
    {{0x0f, 0xc0}, 2, -1, 0, 1, true, 0, ARITHMETIC}, {{0x0f, 0xc1}, 2, -1, 0, 4, true, 0, ARITHMETIC},
    {{0x0f, 0xc7}, 2, 1, 0, 8, true, 0, ARITHMETIC}, {{0x0f, 0xc3}, 2, -1, 0, 8, false, 0, ARITHMETIC},
    {{0x0f, 0xab}, 2, -1, 0, 4, true, 0, BITS}, {{0x0f, 0xb3}, 2, -1, 0, 4, true, 0, BITS},
    {{0x0f, 0xbb}, 2, -1, 0, 4, true, 0, BITS}, {{0x0f, 0xba}, 2, 5, 1, 4, true, 0, BITS},
    {{0x0f, 0xba}, 2, 6, 1, 4, true, 0, BITS}, {{0x0f, 0xba}, 2, 7, 1, 4, true, 0, BITS},
    {{0xa2}, 1, -1, 0, 1, false, MOFFS, ARITHMETIC}, {{0xa3}, 1, -1, 0, 4, false, MOFFS, ARITHMETIC},
    {{0xaa}, 1, -1, 0, 1, false, STRING_STOS, ARITHMETIC}, {{0xab}, 1, -1, 0, 4, false, STRING_STOS, ARITHMETIC},
    {{0xa4}, 1, -1, 0, 1, false, STRING_MOVS, ARITHMETIC}, {{0xa5}, 1, -1, 0, 4, false, STRING_MOVS, ARITHMETIC},
    SHIFT(0, ROTATED, ARITHMETIC), SHIFT(1, ROTATED, ARITHMETIC), SHIFT(2, ROTATED, ARITHMETIC),
    SHIFT(3, ROTATED, ARITHMETIC), SHIFT(4, SHIFTED, LOGIC), SHIFT(5, SHIFTED, LOGIC), SHIFT(6, SHIFTED, LOGIC),
    SHIFT(7, SHIFTED, LOGIC), DOUBLE_SHIFT(0xa4, 0xa5), DOUBLE_SHIFT(0xac, 0xad),
    SET4(0), SET4(4), SET4(8), SET4(12),
};

const uint32_t sample_count = sizeof(samples) / sizeof(samples[0]);

static uint32_t *register_at(struct cpu_user_regs *regs, uint32_t number) {
    uint32_t *const slots[8] = {&regs->eax, &regs->ecx, &regs->edx, &regs->ebx, &regs->esp, &regs->ebp, &regs->esi,
                                &regs->edi};

    return slots[number];
}

static void emit(struct code *code, uint32_t value, uint32_t size) {
    memcpy(code->bytes + code->length, &value, size);
    code->length += size;
}

void random_registers(struct cpu_user_regs *regs) {
    uint32_t i;

    *regs = (struct cpu_user_regs){.cs = FLAT_RING1_CS, .ds = FLAT_RING1_DS, .es = FLAT_RING1_DS, .ss = FLAT_RING1_DS};
    for (i = 0; i < 8; i++) {
        *register_at(regs, i) = random_below(4) == 0 ? random_below(256) - 128 : random_word();
    }
    regs->esp = native_stack();
    regs->eflags = 0x202 | (random_word() & ARITHMETIC);
}

/* A register other than esp. */
static uint32_t random_register(void) {
    uint32_t number = random_below(7);

    return number < 4 ? number : number + 1;
}

/* ModRM, SIB and displacement so that the address is target. */
static void emit_modrm(struct code *code, struct cpu_user_regs *regs, uint32_t reg, uint32_t target) {
    uint32_t base = random_register(), index = random_register(), scale = random_below(4);

    switch (random_below(6)) {
    case 0: /* disp32 */
        emit(code, reg << 3 | 5, 1);
        emit(code, target, 4);
        break;
    case 1: /* [base + disp8] */
        *register_at(regs, base) = target - (uint32_t)(int32_t)(int8_t)scale;
        emit(code, 0x40 | reg << 3 | base, 1);
        emit(code, scale, 1);
        break;
    case 2: /* [base + disp32] */
        emit(code, 0x80 | reg << 3 | base, 1);
        emit(code, target - *register_at(regs, base), 4);
        break;
    case 3: /* [index * scale + disp32] */
        emit(code, reg << 3 | 4, 1);
        emit(code, scale << 6 | index << 3 | 5, 1);
        emit(code, target - (*register_at(regs, index) << scale), 4);
        break;
    case 4: /* [base + index * scale + disp32] */
        emit(code, 0x80 | reg << 3 | 4, 1);
        emit(code, scale << 6 | index << 3 | base, 1);
        emit(code, target - *register_at(regs, base) - (*register_at(regs, index) << scale), 4);
        break;
    default: /* [base], ebp has no such form */
        base = base == 5 ? 3 : base;
        *register_at(regs, base) = target;
        emit(code, reg << 3 | base, 1);
        break;
    }
}

static void emit_prefixes(struct code *code, const struct sample *sample) {
    static const uint8_t segments[] = {0x26, 0x36, 0x3e};

    if (sample->lock && random_below(3) == 0) {
        emit(code, 0xf0, 1);
    }
    if (random_below(5) == 0) {
        emit(code, segments[random_below(3)], 1);
    }
    code->size = sample->width;
    if (sample->width == 4 && random_below(3) == 0) {
        emit(code, 0x66, 1);
        code->size = 2;
    }
    if (sample->kind == STRING_STOS || sample->kind == STRING_MOVS) {
        static const uint8_t repeats[] = {0, 0xf2, 0xf3, 0xf3};
        uint8_t repeat = repeats[random_below(4)];

        if (repeat != 0) {
            emit(code, repeat, 1);
        }
    }
}

/* Registers of a string instruction: everything stays within the two data pages, and begins in the table. */
static void string_registers(struct cpu_user_regs *regs, uint32_t size) {
    bool down = random_below(4) == 0;
    uint32_t count = 1 + random_below(40), room = count * size;

    regs->ecx = count;
    regs->edi = down ? NATIVE_DATA + room + random_below(PAGE_SIZE - room - size)
        : NATIVE_DATA + PAGE_SIZE - size - random_below(600);
    regs->esi = NATIVE_DATA + room + random_below(2 * PAGE_SIZE - 2 * room - size);
    if (regs->esi % PAGE_SIZE + size > PAGE_SIZE) {
        regs->esi &= ~3u; /* a first source across two pages is declined */
    }
    regs->eflags |= down ? FLAG_DF : 0;
}

/* A bit number for BTS and friends with a register: near, so that the operand stays in the table. */
static uint32_t far_bit(uint32_t size, uint32_t *displacement) {
    int32_t bit = (int32_t)random_below(2000) - 1000;

    *displacement = (uint32_t)((bit >> (size == 2 ? 4 : 5)) * (int32_t)size);
    return (uint32_t)bit;
}

struct code build(const struct sample *sample, struct cpu_user_regs *regs) {
    struct code code = {.length = 0};
    uint32_t reg = sample->extension < 0 ? random_below(8) : (uint32_t)sample->extension, width, moved = 0;
    uint32_t target = NATIVE_DATA + 512 + random_below(PAGE_SIZE - 1024);
    bool bit = sample->defined == BITS && sample->extension < 0;

    emit_prefixes(&code, sample);
    if (sample->kind == STRING_STOS || sample->kind == STRING_MOVS) {
        string_registers(regs, code.size);
        emit(&code, sample->code[0], 1);
        return code;
    }
    if (sample->extension < 0 && reg == 4 && code.size != 1) {
        reg = 3; /* not the stack pointer */
    }
    emit(&code, sample->code[0], 1);
    if (sample->length == 2) {
        emit(&code, sample->code[1], 1);
    }
    if (sample->kind == MOFFS) {
        emit(&code, target, 4);
        return code;
    }
    width = code.length;
    if (bit) {
        uint32_t number = far_bit(code.size, &moved);

        do { /* until the address does not use the register with the bit number in another way */
            code.length = width;
            *register_at(regs, reg) = number;
            emit_modrm(&code, regs, reg, target - moved);
        } while (*register_at(regs, reg) != number);
    } else {
        emit_modrm(&code, regs, reg, target);
    }
    if (sample->immediate == 1) {
        emit(&code, random_word(), 1);
    } else if (sample->immediate == 4) {
        emit(&code, random_word(), code.size);
    }
    return code;
}

uint32_t shift_count_of(const struct sample *sample, const struct code *code, const struct cpu_user_regs *regs) {
    uint8_t opcode = sample->code[sample->length - 1];

    if (sample->immediate == 1) {
        return code->bytes[code->length - 1] & 31;
    }
    return opcode == 0xd0 || opcode == 0xd1 ? 1 : regs->ecx & 31;
}

uint32_t defined_flags(const struct sample *sample, const struct code *code, const struct cpu_user_regs *regs) {
    uint32_t count, defined = sample->defined;

    if (sample->kind != ROTATED && sample->kind != SHIFTED) {
        return defined;
    }
    count = shift_count_of(sample, code, regs);
    if (count == 0) {
        return ARITHMETIC;
    }
    defined &= count == 1 ? ARITHMETIC : ~FLAG_OF;
    return sample->kind == SHIFTED && count >= code->size * 8 ? defined & ~FLAG_CF : defined;
}
