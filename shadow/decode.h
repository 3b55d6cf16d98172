/*
 * decode.h - the instructions with which kernels write page-table entries, taken apart.
 *
 * Only forms that write memory are known; anything else, and anything with a register as destination, is not decoded:
 * such an instruction runs by itself (sync.h). Tables come before control flow: decode_tables.c. What an instruction
 * is depends on its bytes alone; where its operand lies, on the registers: operand_offset.
 * Callers: emulate*.c and modify.c, the emulation for direct page tables (xen/direct/emulate.c), and the tests that
 * compare with the processor and with a disassembler.
 */
#ifndef SHADOW_DECODE_H
#define SHADOW_DECODE_H

#include <stdbool.h>
#include <stdint.h>

#include <xen/xen.h>

#define INSTRUCTION_BYTES_MAX 15u

enum operation {
    OPERATION_NONE,
    /* the order of the eight is that of the instruction set */
    OPERATION_ADD, OPERATION_OR, OPERATION_ADC, OPERATION_SBB, OPERATION_AND, OPERATION_SUB, OPERATION_XOR,
    OPERATION_INC, OPERATION_DEC, OPERATION_NOT, OPERATION_NEG,
    OPERATION_XCHG, OPERATION_CMPXCHG, OPERATION_CMPXCHG8B, OPERATION_XADD,
    OPERATION_BTS, OPERATION_BTR, OPERATION_BTC,
    /* only those before may have a LOCK prefix */
    OPERATION_ROL, OPERATION_ROR, OPERATION_RCL, OPERATION_RCR, OPERATION_SHL, OPERATION_SHR, OPERATION_SAR,
    OPERATION_SHLD, OPERATION_SHRD,
    OPERATION_MOV, OPERATION_MOV_SEGMENT, OPERATION_SET, OPERATION_POP,
    OPERATION_STOS, OPERATION_MOVS,
};

enum segment_register { SEGMENT_ES, SEGMENT_CS, SEGMENT_SS, SEGMENT_DS, SEGMENT_FS, SEGMENT_GS };

struct instruction {
    uint8_t operation;     /* enum operation */
    uint8_t size;          /* bytes written: 1, 2, 4, 8 */
    uint8_t length;        /* bytes of the instruction */
    uint8_t reg;           /* register operand, as the instruction numbers it; MOV_SEGMENT: enum segment_register */
    bool from_register;    /* the source is reg, not immediate */
    bool by_cl;            /* a shift's count is in cl, not immediate */
    bool repeat;           /* with a rep prefix */
    bool address16;        /* 16-bit addresses: only the low halves of registers count */
    uint8_t segment;       /* enum segment_register: of the memory operand; for MOVS of its source */
    uint8_t base;          /* registers of the address, or NO_REGISTER */
    uint8_t index;
    uint8_t scale;         /* the index is shifted by it */
    uint32_t displacement;
    uint32_t immediate;    /* SET: the condition, as the low four bits of the opcode number it */
};

#define NO_REGISTER 8

enum decode {
    DECODE_DONE,
    DECODE_UNKNOWN,        /* not one of ours */
    DECODE_SHORT,          /* more bytes are needed */
};

/* Take apart the instruction at code, of which have (1-15) bytes are at hand. The default sizes are 32 bits. */
enum decode decode(const uint8_t *code, uint32_t have, struct instruction *instruction);

/* Is it BTS, BTR or BTC? */
static inline bool is_bit_operation(const struct instruction *instruction) {
    return instruction->operation >= OPERATION_BTS && instruction->operation <= OPERATION_BTC;
}

/*
 * Offset of the memory operand in its segment, not for STOS and MOVS. A bit operation with its bit number in a
 * register counts from there, forwards and backwards: the offset is that of the operand that holds the bit.
 */
uint32_t operand_offset(const struct instruction *instruction, const struct cpu_user_regs *regs);

/* The offset of a segment register's selector in struct cpu_user_regs, by enum segment_register. */
extern const uint8_t selector_offsets[6];
static inline uint32_t selector_read(const struct cpu_user_regs *regs, uint32_t segment_register) {
    return *(const uint16_t *)((const uint8_t *)regs + selector_offsets[segment_register]);
}

/* The offsets of the general registers in struct cpu_user_regs, by their numbers. */
extern const uint8_t register_offsets[8];
static inline uint32_t register_word(const struct cpu_user_regs *regs, uint32_t number) {
    return *(const uint32_t *)((const uint8_t *)regs + register_offsets[number]);
}

/* What the instruction's ModRM says, before the address size is applied. */
static inline uint32_t operand_address(const struct instruction *instruction, const struct cpu_user_regs *regs) {
    uint32_t address = instruction->displacement;

    if (instruction->base != NO_REGISTER) {
        address += register_word(regs, instruction->base);
    }
    if (instruction->index != NO_REGISTER) {
        address += register_word(regs, instruction->index) << instruction->scale;
    }
    return address;
}

/* Register number (0-7: eax, ecx, edx, ebx, esp, ebp, esi, edi) as size bytes (1: al, cl, dl, bl, ah, ch, dh, bh). */
uint32_t register_read(const struct cpu_user_regs *regs, uint32_t number, uint32_t size);
/* Write it; the rest of the register stays. */
void register_write(struct cpu_user_regs *regs, uint32_t number, uint32_t size, uint32_t value);

enum { REGISTER_EAX, REGISTER_ECX, REGISTER_EDX, REGISTER_EBX, REGISTER_ESP, REGISTER_EBP, REGISTER_ESI, REGISTER_EDI };

/* What the operand of an opcode looks like: flags of struct opcode. */
enum form {
    FORM_BYTE = 1,         /* one byte wide; else operand size */
    FORM_MODRM = 2,
    FORM_REGISTER = 4,     /* the other operand is ModRM's reg */
    FORM_IMMEDIATE = 8,    /* as wide as the operand */
    FORM_IMMEDIATE8 = 16,  /* one byte, sign-extended */
    FORM_MOFFS = 32,       /* absolute address in the instruction; the other operand is eax */
    FORM_GROUP = 64,       /* ModRM's reg chooses the operation: operation is an index into opcode_groups */
    FORM_QUADWORD = 128,   /* 8 bytes */
    FORM_WORD = 256,       /* 2 bytes, whatever the prefixes say */
    FORM_ONE = 512,        /* the immediate is 1 */
    FORM_CL = 1024,        /* a shift by cl */
    FORM_CONDITION = 2048, /* the opcode's low four bits are a condition */
    FORM_PLAIN = 4096,     /* with an operand-size or repeat prefix it is another instruction, or none */
    FORM_SOURCE = FORM_IMMEDIATE | FORM_IMMEDIATE8 | FORM_MOFFS | FORM_ONE | FORM_CL | FORM_CONDITION,
    FORM_PREFIX = FORM_BYTE | FORM_MOFFS | FORM_GROUP /* nothing but a prefix looks like this */
};

struct opcode {
    uint8_t operation;
    uint16_t form;
};

enum opcode_group { GROUP_1, GROUP_1A, GROUP_2, GROUP_SEGMENT, GROUP_3, GROUP_5, GROUP_8, GROUP_9, GROUP_11, GROUPS };

extern const struct opcode one_byte_opcodes[256];
extern const struct opcode two_byte_opcodes[256];
extern const uint8_t opcode_groups[GROUPS][8];

#endif
