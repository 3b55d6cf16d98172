/*
 * decode_tables.c - opcodes that write memory and are emulated. What is not listed is not emulated.
 * Source: Intel SDM volume 2, appendix A, tables. Callers: decode.c.
 */
#include "shadow/decode.h"

#define R (FORM_MODRM | FORM_REGISTER)
#define B FORM_BYTE
#define G (FORM_MODRM | FORM_GROUP)
#define I8 FORM_IMMEDIATE8
#define CL FORM_CL
#define PREFIX {OPERATION_NONE, FORM_PREFIX}

const struct opcode one_byte_opcodes[256] = {
    [0x00] = {OPERATION_ADD, R | B}, [0x01] = {OPERATION_ADD, R},
    [0x08] = {OPERATION_OR, R | B}, [0x09] = {OPERATION_OR, R},
    [0x10] = {OPERATION_ADC, R | B}, [0x11] = {OPERATION_ADC, R},
    [0x18] = {OPERATION_SBB, R | B}, [0x19] = {OPERATION_SBB, R},
    [0x20] = {OPERATION_AND, R | B}, [0x21] = {OPERATION_AND, R},
    [0x26] = PREFIX, [0x2e] = PREFIX, [0x36] = PREFIX, [0x3e] = PREFIX, [0x64] = PREFIX, [0x65] = PREFIX,
    [0x66] = PREFIX, [0x67] = PREFIX, [0xf0] = PREFIX, [0xf2] = PREFIX, [0xf3] = PREFIX,
    [0x28] = {OPERATION_SUB, R | B}, [0x29] = {OPERATION_SUB, R},
    [0x30] = {OPERATION_XOR, R | B}, [0x31] = {OPERATION_XOR, R},
    [0x80] = {GROUP_1, G | B | FORM_IMMEDIATE}, [0x81] = {GROUP_1, G | FORM_IMMEDIATE},
    [0x82] = {GROUP_1, G | B | FORM_IMMEDIATE}, [0x83] = {GROUP_1, G | I8},
    [0x86] = {OPERATION_XCHG, R | B}, [0x87] = {OPERATION_XCHG, R},
    [0x88] = {OPERATION_MOV, R | B}, [0x89] = {OPERATION_MOV, R},
    [0x8c] = {GROUP_SEGMENT, G | FORM_WORD}, [0x8f] = {GROUP_1A, G},
    [0xa2] = {OPERATION_MOV, FORM_MOFFS | B}, [0xa3] = {OPERATION_MOV, FORM_MOFFS},
    [0xa4] = {OPERATION_MOVS, B}, [0xa5] = {OPERATION_MOVS, 0},
    [0xaa] = {OPERATION_STOS, B}, [0xab] = {OPERATION_STOS, 0},
    [0xc0] = {GROUP_2, G | B | I8}, [0xc1] = {GROUP_2, G | I8},
    [0xc6] = {GROUP_11, G | B | FORM_IMMEDIATE}, [0xc7] = {GROUP_11, G | FORM_IMMEDIATE},
    [0xd0] = {GROUP_2, G | B | FORM_ONE}, [0xd1] = {GROUP_2, G | FORM_ONE},
    [0xd2] = {GROUP_2, G | B | CL}, [0xd3] = {GROUP_2, G | CL},
    [0xf6] = {GROUP_3, G | B}, [0xf7] = {GROUP_3, G},
    [0xfe] = {GROUP_5, G | B}, [0xff] = {GROUP_5, G},
};

const struct opcode two_byte_opcodes[256] = {
    [0x90 ... 0x9f] = {OPERATION_SET, FORM_MODRM | B | FORM_CONDITION},
    [0xa4] = {OPERATION_SHLD, R | I8}, [0xa5] = {OPERATION_SHLD, R | CL},
    [0xac] = {OPERATION_SHRD, R | I8}, [0xad] = {OPERATION_SHRD, R | CL},
    [0xab] = {OPERATION_BTS, R}, [0xb3] = {OPERATION_BTR, R}, [0xbb] = {OPERATION_BTC, R},
    [0xb0] = {OPERATION_CMPXCHG, R | B}, [0xb1] = {OPERATION_CMPXCHG, R},
    [0xba] = {GROUP_8, G | I8},
    [0xc0] = {OPERATION_XADD, R | B}, [0xc1] = {OPERATION_XADD, R},
    [0xc3] = {OPERATION_MOV, R | FORM_PLAIN},   /* MOVNTI */
    [0xc7] = {GROUP_9, G | FORM_QUADWORD},
};

const uint8_t opcode_groups[GROUPS][8] = {
    [GROUP_1] = {OPERATION_ADD, OPERATION_OR, OPERATION_ADC, OPERATION_SBB, OPERATION_AND, OPERATION_SUB,
                 OPERATION_XOR},
    [GROUP_1A] = {[0] = OPERATION_POP},
    [GROUP_2] = {OPERATION_ROL, OPERATION_ROR, OPERATION_RCL, OPERATION_RCR, OPERATION_SHL, OPERATION_SHR,
                 OPERATION_SHL, OPERATION_SAR},
    [GROUP_SEGMENT] = {[SEGMENT_ES ... SEGMENT_GS] = OPERATION_MOV_SEGMENT},
    [GROUP_3] = {[2] = OPERATION_NOT, [3] = OPERATION_NEG},
    [GROUP_5] = {[0] = OPERATION_INC, [1] = OPERATION_DEC},
    [GROUP_8] = {[5] = OPERATION_BTS, [6] = OPERATION_BTR, [7] = OPERATION_BTC},
    [GROUP_9] = {[1] = OPERATION_CMPXCHG8B},
    [GROUP_11] = {[0] = OPERATION_MOV},
};
