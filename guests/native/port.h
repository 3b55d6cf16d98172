/* port.h - the machine's I/O ports. */
#ifndef GUESTS_NATIVE_PORT_H
#define GUESTS_NATIVE_PORT_H

#include <stdint.h>

static inline uint8_t port_read(uint16_t port) {
    uint8_t value;

    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static inline void port_write(uint16_t port, uint8_t value) {
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline void port_write_32(uint16_t port, uint32_t value) {
    __asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port));
}

#endif
