/*
 * io_ports.c - see io_ports.h.
 */
#include "xen/guest/io_ports.h"

#include "trace/emit.h"
#include "xen/cpu/io.h"
#include "xen/cpu/shutdown.h"
#include "xen/domain/domain.h"
#include "xen/lib/console.h"

/* First and last port of what is the hypervisor's: as Xen 3.x keeps them from domain 0, and the emulator's own. */
static const struct {
    uint16_t first, last;
} reserved[] = {
    { 0x20, 0x21 }, { 0xa0, 0xa1 },                       /* interrupt controllers */
    { 0x40, 0x43 }, { 0x61, 0x61 },                       /* timer, and the gate of its channel 2 */
    { CONSOLE_COM1, CONSOLE_COM1 + 7 },
    { CONSOLE_E9, CONSOLE_E9 },
    { TRACE_PORT_EXIT & ~0xfu, TRACE_PORT_EXIT | 0xfu },  /* the agent's, which lie together */
    { SHUTDOWN_PORT, SHUTDOWN_PORT },
};

_Static_assert((TRACE_PORT_TRACE & ~0xfu) == (TRACE_PORT_EXIT & ~0xfu) &&
               (TRACE_PORT_ENTRY & ~0xfu) == (TRACE_PORT_EXIT & ~0xfu), "one range for all ports of the agent");

bool io_ports_permitted(const struct domain *domain, uint32_t port, uint32_t bytes) {
    if (!domain->privileged) {
        return false;
    }
    for (uint32_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++) {
        if (port <= reserved[i].last && port + bytes > reserved[i].first) {
            return false;
        }
    }
    return port + bytes <= 0x10000;
}

uint32_t io_ports_read(uint32_t port, uint32_t bytes) {
    uint32_t value = 0;

    if (bytes == 4) {
        asm volatile("inl %%dx, %%eax" : "=a"(value) : "d"(port));
    } else if (bytes == 2) {
        asm volatile("inw %%dx, %%ax" : "+a"(value) : "d"(port));
    } else {
        asm volatile("inb %%dx, %%al" : "+a"(value) : "d"(port));
    }
    return value;
}

void io_ports_write(uint32_t port, uint32_t bytes, uint32_t value) {
    if (bytes == 4) {
        asm volatile("outl %%eax, %%dx" : : "a"(value), "d"(port));
    } else if (bytes == 2) {
        asm volatile("outw %%ax, %%dx" : : "a"(value), "d"(port));
    } else {
        asm volatile("outb %%al, %%dx" : : "a"(value), "d"(port));
    }
}
