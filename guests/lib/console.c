/* console.c - see console.h. */
#include "guests/lib/console.h"

#include <stdarg.h>

#include "guests/lib/format.h"

void print(const char *format, ...) {
    char line[512];
    va_list arguments;
    size_t length;

    va_start(arguments, format);
    length = format_text(line, sizeof(line), format, arguments);
    va_end(arguments);
    console_write(line, length);
}
