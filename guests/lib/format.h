/*
 * format.h - printf's formatting, without its output.
 *
 * Callers: the guests' console (console.c) and the ring-3 programs' print function.
 */
#ifndef GUESTS_LIB_FORMAT_H
#define GUESTS_LIB_FORMAT_H

#include <stdarg.h>
#include <stddef.h>

/*
 * Write format into buffer[size] (size > 0), cut off and always NUL-terminated. Understood: %% %c %s %d %i %u %x %p,
 * with a width, a leading 0 or - flag, and l or ll for the numbers; %.Ns limits a string. Returns the characters
 * written, without the NUL.
 */
size_t format_text(char *buffer, size_t size, const char *format, va_list arguments);

#endif
