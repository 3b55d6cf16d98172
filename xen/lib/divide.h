/*
 * divide.h - 64-bit division for a 32-bit machine. The hypervisor is not linked against the compiler's library (it
 * passes arguments in registers, the library does not), so a plain 64-bit / or % does not link: use these.
 */
#ifndef XEN_LIB_DIVIDE_H
#define XEN_LIB_DIVIDE_H

#include <stdint.h>

/* dividend / divisor, remainder into *remainder unless NULL. divisor: not 0. */
static inline uint64_t divide_u64(uint64_t dividend, uint32_t divisor, uint32_t *remainder) {
    uint32_t high = (uint32_t)(dividend >> 32) / divisor;
    uint32_t low, rest = (uint32_t)(dividend >> 32) % divisor;
    asm("divl %4" : "=a"(low), "=d"(rest) : "0"((uint32_t)dividend), "1"(rest), "rm"(divisor) : "cc");
    if (remainder) {
        *remainder = rest;
    }
    return (uint64_t)high << 32 | low;
}

/* (a * b) >> 32 without overflow in between. */
static inline uint64_t multiply_shift_32(uint64_t a, uint32_t b) {
    return (((uint64_t)(uint32_t)a * b) >> 32) + (a >> 32) * b;
}

#endif
