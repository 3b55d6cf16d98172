/*
 * samples.h - random instructions of every kind that the engine emulates, put together byte by byte.
 *
 * Each has random registers, a random addressing form and random prefixes; its operand lies in the first data page
 * (native.h). Callers: test_emulate.c.
 */
#ifndef UNIT_SAMPLES_H
#define UNIT_SAMPLES_H

#include <stdbool.h>
#include <stdint.h>

#include <xen/xen.h>

#include "shadow/alu.h"

#define FLAG_DF (1u << 10)
#define ARITHMETIC FLAGS_ARITHMETIC

enum kind { PLAIN_FORM, STRING_STOS, STRING_MOVS, MOFFS, ROTATED, SHIFTED };

/* One line an opcode. immediate: 0, 1 or 4 (operand size) bytes. */
struct sample {
    uint8_t code[2];
    uint8_t length;
    int8_t extension;     /* of ModRM; -1: any register */
    uint8_t immediate;
    uint8_t width;        /* 1, 4: 2 or 4 by prefix, 8 */
    bool lock;
    uint8_t kind;
    uint32_t defined;     /* flags to compare */
};

extern const struct sample samples[];
extern const uint32_t sample_count;

/* An instruction being put together. */
struct code {
    uint8_t bytes[16];
    uint32_t length;
    uint32_t size;           /* operand size */
};

void random_registers(struct cpu_user_regs *regs);
/* An instruction of the sample's kind; *regs get what its address needs. */
struct code build(const struct sample *sample, struct cpu_user_regs *regs);
/* By how much the instruction, put together, will shift. */
uint32_t shift_count_of(const struct sample *sample, const struct code *code, const struct cpu_user_regs *regs);
/* The flags that the manual defines after it. */
uint32_t defined_flags(const struct sample *sample, const struct code *code, const struct cpu_user_regs *regs);

#endif
