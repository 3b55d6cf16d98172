/*
 * console.h - a guest's console, through console_io.
 *
 * Callers: guest kernels. Works from the first instruction on.
 */
#ifndef GUESTS_LIB_CONSOLE_H
#define GUESTS_LIB_CONSOLE_H

#include <stddef.h>

/* Write size bytes as they are. */
void console_write(const char *text, size_t size);
/* Print one formatted text (format.h), at most 511 characters of it. */
void print(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
