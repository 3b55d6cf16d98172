/*
 * trace_platform.c - what the record emitters ask of the machine (trace/emit.h).
 */
#include "trace/emit.h"
#include "xen/cpu/io.h"
#include "xen/mm/heap.h"

uint32_t trace_platform_physical(const void *object) {
    return physical_of(object);
}

void trace_platform_out(uint32_t port, uint32_t value) {
    out32((uint16_t)port, value);
}
