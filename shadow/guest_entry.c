/*
 * guest_entry.c - atomic access to guest memory.
 *
 * Assembly rather than compiler built-ins: the addresses need not be aligned, as a guest's stores need not be.
 * Rules and callers: guest_entry.h. Source: Intel SDM volume 2, CMPXCHG and CMPXCHG8B.
 */
#include "shadow/guest_entry.h"

#include <string.h>

bool guest_entry_swap(pte_t *entry, pte_t expected, pte_t value) {
    bool done;

    __asm__ volatile("lock cmpxchgl %3, %1" : "=@ccz"(done), "+m"(*entry), "+a"(expected) : "r"(value) : "memory");
    return done;
}

uint64_t guest_load(const void *from, uint32_t size) {
    uint64_t value = 0;

    switch (size) {
    case 1:
        memcpy(&value, from, 1);
        break;
    case 2:
        memcpy(&value, from, 2);
        break;
    case 4:
        memcpy(&value, from, 4);
        break;
    default:
        memcpy(&value, from, 8);
        break;
    }
    return value;
}

void guest_store(void *to, uint64_t value, uint32_t size) {
    uint32_t word = (uint32_t)value;

    switch (size) {
    case 1:
        __asm__ volatile("movb %b1, %0" : "=m"(*(uint8_t *)to) : "q"(word) : "memory");
        break;
    case 2:
        __asm__ volatile("movw %w1, (%0)" : : "r"(to), "r"(word) : "memory");
        break;
    case 4:
        __asm__ volatile("movl %k1, (%0)" : : "r"(to), "r"(word) : "memory");
        break;
    default:
        while (!guest_swap(to, guest_load(to, 8), value, 8)) {
            ;
        }
        break;
    }
}

static bool swap8(void *at, uint64_t expected, uint64_t value) {
    bool done;

#ifdef __x86_64__
    __asm__ volatile("lock cmpxchgq %3, (%2)\n\tsete %0"
                     : "=q"(done), "+a"(expected) : "r"(at), "r"(value) : "cc", "memory");
#else
    uint32_t low = (uint32_t)value, high = (uint32_t)(value >> 32);

    __asm__ volatile("lock cmpxchg8b (%2)\n\tsete %0"
                     : "=m"(done), "+A"(expected) : "D"(at), "b"(low), "c"(high) : "cc", "memory");
#endif
    return done;
}

bool guest_swap(void *at, uint64_t expected, uint64_t value, uint32_t size) {
    uint32_t old = (uint32_t)expected, new = (uint32_t)value;
    bool done;

    switch (size) {
    case 1:
        __asm__ volatile("lock cmpxchgb %b3, (%2)\n\tsete %0"
                         : "=q"(done), "+a"(old) : "r"(at), "q"(new) : "cc", "memory");
        break;
    case 2:
        __asm__ volatile("lock cmpxchgw %w3, (%2)\n\tsete %0"
                         : "=q"(done), "+a"(old) : "r"(at), "r"(new) : "cc", "memory");
        break;
    case 4:
        __asm__ volatile("lock cmpxchgl %k3, (%2)\n\tsete %0"
                         : "=q"(done), "+a"(old) : "r"(at), "r"(new) : "cc", "memory");
        break;
    default:
        return swap8(at, expected, value);
    }
    return done;
}
