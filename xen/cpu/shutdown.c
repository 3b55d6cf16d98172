/*
 * shutdown.c - see shutdown.h.
 */
#include "xen/cpu/shutdown.h"

#include "trace/emit.h"
#include "xen/cpu/io.h"

/* Bochs powers off when this text is written there, byte by byte. */

void machine_end(uint32_t outcome) {
    out32(TRACE_PORT_EXIT, outcome);
    for (const char *at = "Shutdown"; *at; at++) {
        out8(SHUTDOWN_PORT, (uint8_t)*at);
    }
    for (;;) {
        asm volatile("cli\n hlt");
    }
}
