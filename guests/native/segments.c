/*
 * segments.c - descriptor tables of the bare machine (native.h). Source: Intel SDM volume 3, 3.4.5, 6.11 and 7.2.1.
 */
#include "guests/lib/segments.h"

#include "guests/native/native.h"

#define TASK 0x28u
#define GATE_PRESENT 0x8000u
#define GATE_RING_3 0x6000u
#define GATE_INTERRUPT 0x0e00u

struct task_state {
    uint32_t link, esp0, ss0, unused[22];
    uint16_t trap, io_map;
};

struct table_register {
    uint16_t limit;
    uint32_t base;
} __attribute__((packed));

static struct task_state task = { .ss0 = KERNEL_DS, .io_map = sizeof(task) };

/* Flat: base 0, 4 GiB. The last one is the task state segment's; its base is filled in. */
static uint64_t descriptors[] = {
    0, 0x00cf9b000000ffff, 0x00cf93000000ffff, 0x00cffb000000ffff, 0x00cff3000000ffff, 0x0000890000000000 + sizeof(task) - 1,
};

static struct {
    uint32_t low, high;
} gates[256];

void native_segments(void) {
    struct table_register table = { sizeof(descriptors) - 1, (uint32_t)(uintptr_t)descriptors };
    uint64_t base = (uint32_t)(uintptr_t)&task;

    descriptors[TASK / 8] |= (base & 0xffffff) << 16 | (base >> 24) << 56;
    __asm__ volatile("lgdt %0" : : "m"(table));
    __asm__ volatile("ljmp %0, $1f\n1:" : : "i"(KERNEL_CS));
    __asm__ volatile("mov %0, %%ds\n mov %0, %%es\n mov %0, %%ss" : : "r"(KERNEL_DS));
    __asm__ volatile("mov %0, %%fs\n mov %0, %%gs" : : "r"(0));
    __asm__ volatile("ltr %w0" : : "r"(TASK));
    table = (struct table_register){ sizeof(gates) - 1, (uint32_t)(uintptr_t)gates };
    __asm__ volatile("lidt %0" : : "m"(table));
}

void native_gate(uint32_t vector, const void *entry, bool open) {
    uint32_t address = (uint32_t)(uintptr_t)entry;

    gates[vector].low = (uint32_t)KERNEL_CS << 16 | (address & 0xffff);
    gates[vector].high = (address & 0xffff0000) | GATE_PRESENT | (open ? GATE_RING_3 : 0) | GATE_INTERRUPT;
}

void native_kernel_stack(uint32_t top) {
    task.esp0 = top;
}
