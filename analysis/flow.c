/*
 * flow.c - see flow.h.
 */
#include "analysis/flow.h"

#include <stdbool.h>
#include <string.h>

static bool is_prefix(uint8_t byte) {
    static const uint8_t prefixes[] = { 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3 };

    return memchr(prefixes, byte, sizeof(prefixes)) != NULL;
}

/* The target from the displacement in the last 1, 2 or 4 bytes. */
static uint32_t relative(const uint8_t *bytes, uint32_t length, uint32_t size, uint32_t address) {
    uint32_t word = 0;

    if (size > length)
        return address;
    memcpy(&word, bytes + length - size, size);
    return address + length + (size == 1 ? (uint32_t)(int8_t)word : size == 2 ? (uint32_t)(int16_t)word : word);
}

enum flow flow_of(const uint8_t *bytes, uint32_t length, uint32_t bits, uint32_t address, uint32_t *target) {
    uint32_t at = 0, wide = bits == 16 ? 2 : 4;

    for (; at + 1 < length && is_prefix(bytes[at]); at++) {
        if (bytes[at] == 0x66)
            wide = bits == 16 ? 4 : 2;
    }
    uint8_t opcode = bytes[at], next = at + 1 < length ? bytes[at + 1] : 0;

    switch (opcode) {
    case 0xe8:
        *target = relative(bytes, length, wide, address);
        return FLOW_CALL;
    case 0xe9:
        *target = relative(bytes, length, wide, address);
        return FLOW_JUMP;
    case 0xe0: case 0xe1: case 0xe2: case 0xe3: case 0xeb:
        *target = relative(bytes, length, 1, address);
        return FLOW_JUMP;
    case 0xc2: case 0xc3:
        return FLOW_RETURN;
    case 0xff:
        return (next >> 3 & 7) == 2 ? FLOW_CALL_INDIRECT : (next >> 3 & 7) == 4 ? FLOW_JUMP_INDIRECT : FLOW_NEXT;
    default:
        break;
    }
    if ((opcode & 0xf0) == 0x70) {
        *target = relative(bytes, length, 1, address);
        return FLOW_JUMP;
    }
    if (opcode == 0x0f && (next & 0xf0) == 0x80) {
        *target = relative(bytes, length, wide, address);
        return FLOW_JUMP;
    }
    return FLOW_NEXT;
}
