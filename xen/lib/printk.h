/*
 * printk.h - formatted output to the hypervisor's console (boot option console=).
 *
 * Conversions: %d %u %x %c %s %p %%, with an optional 0 or - flag and a width (a number); %s also with a precision (a
 * number or *). %p prints eight hexadecimal digits. A length modifier l changes nothing, ll makes the argument 64
 * bits. Anything else is printed as it stands.
 */
#ifndef XEN_LIB_PRINTK_H
#define XEN_LIB_PRINTK_H

#include <stdarg.h>
#include <stdint.h>

/* Print to the console. There is no end of line unless the format has one. */
void printk(const char *format, ...) __attribute__((format(printf, 1, 2)));
void vprintk(const char *format, va_list arguments);
/*
 * Print into a buffer: at most size - 1 characters and a NUL. size: at least 1. Returns the characters written,
 * without the NUL.
 */
uint32_t print_to(char *buffer, uint32_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));
uint32_t vprint_to(char *buffer, uint32_t size, const char *format, va_list arguments);

/* Raw bytes to the console: a guest's console output. */
void console_write(const char *text, uint32_t length);

#endif
