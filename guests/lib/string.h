/*
 * string.h - the few string functions that guests need; meanings as in ISO C. Bytes are unsigned.
 *
 * Callers: guest kernels, their ring-3 programs, and the compiler (memcpy, memset, memmove, memcmp).
 */
#ifndef GUESTS_LIB_STRING_H
#define GUESTS_LIB_STRING_H

#include <stddef.h>

void *memcpy(void *to, const void *from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int value, size_t size);
int memcmp(const void *a, const void *b, size_t size);
size_t strlen(const char *text);
/* Length, but at most limit. */
size_t strnlen(const char *text, size_t limit);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t limit);
/* Copy text into to[size] (size > 0), cut off and always NUL-terminated. */
void string_copy(char *to, const char *text, size_t size);

#endif
