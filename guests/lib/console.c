/* console.c - see console.h. */
#include "guests/lib/console.h"

#include <stdarg.h>

#include "guests/lib/format.h"
#include "guests/lib/hypercall.h"

void console_write(const char *text, size_t size) {
    hypercall_console_io(CONSOLEIO_write, size, text);
}

void print(const char *format, ...) {
    char line[512];
    va_list arguments;
    size_t length;

    va_start(arguments, format);
    length = format_text(line, sizeof(line), format, arguments);
    va_end(arguments);
    console_write(line, length);
}
