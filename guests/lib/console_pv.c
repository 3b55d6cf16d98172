/* console_pv.c - console.h on the paravirtual machine. */
#include "guests/lib/console.h"

#include "guests/lib/hypercall.h"

void console_write(const char *text, size_t size) {
    hypercall_console_io(CONSOLEIO_write, size, text);
}
