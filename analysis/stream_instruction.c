/*
 * stream_instruction.c - see stream_instruction.h.
 */
#include "analysis/stream_instruction.h"

#include <stdbool.h>
#include <string.h>

#define LOCK_AND_SEGMENTS "\xf0\x2e\x36\x3e\x26\x64\x65\x66\x67"

static bool is_string(uint8_t opcode) {
    return (opcode >= 0x6c && opcode <= 0x6f) || (opcode >= 0xa4 && opcode <= 0xa7)
           || (opcode >= 0xaa && opcode <= 0xaf);
}

/* Of one byte. */
static bool goes_elsewhere(uint8_t opcode) {
    static const uint8_t others[] = { 0x9a, 0xc2, 0xc3, 0xca, 0xcb, 0xcc, 0xcd, 0xce, 0xcf, 0xe0, 0xe1,
                                      0xe2, 0xe3, 0xe8, 0xe9, 0xea, 0xeb, 0xf1, 0xf4 };

    return (opcode >= 0x70 && opcode <= 0x7f) || memchr(others, opcode, sizeof(others));
}

/* Of two bytes, the first of them 0f: conditional branches, SYSCALL, SYSRET, SYSENTER, SYSEXIT, RSM, UD2. */
static bool goes_elsewhere_0f(uint8_t opcode) {
    static const uint8_t others[] = { 0x05, 0x07, 0x0b, 0x34, 0x35, 0xaa };

    return (opcode >= 0x80 && opcode <= 0x8f) || memchr(others, opcode, sizeof(others));
}

enum instruction_end instruction_end(const uint8_t *bytes, uint32_t length) {
    const uint8_t *end = bytes + length;
    bool repeats = false;

    for (; bytes < end && (*bytes == 0xf2 || *bytes == 0xf3 || (*bytes && strchr(LOCK_AND_SEGMENTS, *bytes))); bytes++)
        repeats |= *bytes == 0xf2 || *bytes == 0xf3;
    if (bytes == end)
        return GOES_ON;
    if (repeats && is_string(*bytes))
        return REPEATS;
    if (*bytes == 0xff && bytes + 1 < end) {
        uint8_t operation = bytes[1] >> 3 & 7; /* 2 to 5: CALL and JMP, near and far */

        return operation >= 2 && operation <= 5 ? GOES_ELSEWHERE : GOES_ON;
    }
    if (*bytes == 0x0f && bytes + 1 < end)
        return goes_elsewhere_0f(bytes[1]) ? GOES_ELSEWHERE : GOES_ON;
    return goes_elsewhere(*bytes) ? GOES_ELSEWHERE : GOES_ON;
}
