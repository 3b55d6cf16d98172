/*
 * io.h - I/O ports and a few registers. Instructions that control the TLB are not here but in xen/mm/tlb.h.
 */
#ifndef XEN_CPU_IO_H
#define XEN_CPU_IO_H

#include <stdint.h>

static inline void out8(uint16_t port, uint8_t value) {
    asm volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline uint8_t in8(uint16_t port) {
    uint8_t value;
    asm volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static inline void out32(uint16_t port, uint32_t value) {
    asm volatile("outl %0, %1" : : "a"(value), "Nd"(port));
}

static inline void cpuid(uint32_t leaf, uint32_t out[4]) {
    asm volatile("cpuid" : "=a"(out[0]), "=b"(out[1]), "=c"(out[2]), "=d"(out[3]) : "0"(leaf), "2"(0));
}

static inline void cpu_write_back_caches(void) {
    asm volatile("wbinvd" : : : "memory");
}

static inline uint32_t read_cr0(void) {
    uint32_t value;
    asm volatile("mov %%cr0, %0" : "=r"(value));
    return value;
}

static inline uint32_t read_cr3(void) {
    uint32_t value;
    asm volatile("mov %%cr3, %0" : "=r"(value) : : "memory");
    return value;
}

static inline uint32_t read_cr4(void) {
    uint32_t value;
    asm volatile("mov %%cr4, %0" : "=r"(value));
    return value;
}

#endif
