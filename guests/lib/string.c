/* string.c - see string.h. Freestanding; compiled with -fno-builtin so that no loop here becomes a call of itself. */
#include "guests/lib/string.h"

#include <stdint.h>

void *memcpy(void *to, const void *from, size_t size) {
    void *start = to;
    size_t words = size / 4;
    size_t bytes = size % 4;

    __asm__ volatile("rep movsl\n\t"
                     "mov %3, %2\n\t"
                     "rep movsb"
                     : "+D"(to), "+S"(from), "+c"(words)
                     : "r"(bytes)
                     : "memory");
    return start;
}

void *memmove(void *to, const void *from, size_t size) {
    uint8_t *target = to;
    const uint8_t *source = from;

    if ((uintptr_t)target - (uintptr_t)source >= size)
        return memcpy(to, from, size);
    while (size-- != 0)
        target[size] = source[size];
    return to;
}

void *memset(void *to, int value, size_t size) {
    void *start = to;
    uint32_t pattern = (uint8_t)value * 0x01010101u;
    size_t words = size / 4;
    size_t bytes = size % 4;

    __asm__ volatile("rep stosl\n\t"
                     "mov %3, %1\n\t"
                     "rep stosb"
                     : "+D"(to), "+c"(words)
                     : "a"(pattern), "r"(bytes)
                     : "memory");
    return start;
}

int memcmp(const void *a, const void *b, size_t size) {
    const uint8_t *left = a;
    const uint8_t *right = b;

    for (size_t i = 0; i < size; i++) {
        if (left[i] != right[i])
            return left[i] < right[i] ? -1 : 1;
    }
    return 0;
}

size_t strlen(const char *text) {
    size_t length = 0;

    while (text[length] != '\0')
        length++;
    return length;
}

size_t strnlen(const char *text, size_t limit) {
    size_t length = 0;

    while (length < limit && text[length] != '\0')
        length++;
    return length;
}

int strncmp(const char *a, const char *b, size_t limit) {
    for (size_t i = 0; i < limit; i++) {
        uint8_t left = (uint8_t)a[i];
        uint8_t right = (uint8_t)b[i];

        if (left != right)
            return left < right ? -1 : 1;
        if (left == 0)
            return 0;
    }
    return 0;
}

int strcmp(const char *a, const char *b) {
    return strncmp(a, b, SIZE_MAX);
}

void string_copy(char *to, const char *text, size_t size) {
    size_t length = strnlen(text, size - 1);

    memcpy(to, text, length);
    to[length] = '\0';
}
