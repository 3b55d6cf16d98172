/*
 * string.h - the few functions on memory and text that the hypervisor uses; the compiler calls the mem ones itself.
 * As the C standard says. memcpy and memset use the string instructions, so a page costs a handful of instructions.
 */
#ifndef XEN_LIB_STRING_H
#define XEN_LIB_STRING_H

#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t length);
void *memmove(void *to, const void *from, size_t length);
void *memset(void *to, int value, size_t length);
int memcmp(const void *a, const void *b, size_t length);
size_t strlen(const char *text);
/* strlen that looks at no more than limit bytes. */
size_t strnlen(const char *text, size_t limit);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t length);
char *strchr(const char *text, int character);
/*
 * Copy text into a buffer of size bytes (at least 1), truncated if need be, always NUL-terminated. Returns the length
 * of text.
 */
size_t copy_text(char *to, const char *text, size_t size);

#endif
