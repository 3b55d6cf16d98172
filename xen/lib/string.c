/*
 * string.c - see string.h.
 */
#include "xen/lib/string.h"

#include <stdint.h>

void *memcpy(void *restrict to, const void *restrict from, size_t length) {
    void *at = to;
    size_t words = length / 4;
    asm volatile("rep movsl\n mov %[tail], %%ecx\n rep movsb"
                 : "+D"(at), "+S"(from), "+&c"(words) : [tail] "r"(length % 4) : "memory");
    return to;
}

void *memmove(void *to, const void *from, size_t length) {
    if ((uintptr_t)to - (uintptr_t)from >= length) {
        return memcpy(to, from, length);
    }
    void *at = (char *)to + length - 1;
    const void *last = (const char *)from + length - 1;
    asm volatile("std\n rep movsb\n cld" : "+D"(at), "+S"(last), "+c"(length) : : "memory");
    return to;
}

void *memset(void *to, int value, size_t length) {
    void *at = to;
    size_t words = length / 4;
    asm volatile("rep stosl\n mov %[tail], %%ecx\n rep stosb"
                 : "+D"(at), "+&c"(words) : "a"((uint8_t)value * 0x01010101u), [tail] "r"(length % 4) : "memory");
    return to;
}

int memcmp(const void *a, const void *b, size_t length) {
    const uint8_t *left = a, *right = b;
    for (; length; length--, left++, right++) {
        if (*left != *right) {
            return *left - *right;
        }
    }
    return 0;
}

size_t strlen(const char *text) {
    return strnlen(text, SIZE_MAX);
}

size_t strnlen(const char *text, size_t limit) {
    size_t length = 0;
    while (length < limit && text[length]) {
        length++;
    }
    return length;
}

int strcmp(const char *a, const char *b) {
    return strncmp(a, b, SIZE_MAX);
}

int strncmp(const char *a, const char *b, size_t length) {
    for (; length; length--, a++, b++) {
        if (*a != *b || !*a) {
            return (uint8_t)*a - (uint8_t)*b;
        }
    }
    return 0;
}

char *strchr(const char *text, int character) {
    for (; *text != (char)character; text++) {
        if (!*text) {
            return NULL;
        }
    }
    return (char *)text;
}

size_t copy_text(char *to, const char *text, size_t size) {
    size_t length = strlen(text);
    size_t kept = length < size ? length : size - 1;
    memcpy(to, text, kept);
    to[kept] = 0;
    return length;
}
