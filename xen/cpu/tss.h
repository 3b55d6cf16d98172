/*
 * tss.h - the 32-bit task-state segment. Source: Intel SDM volume 3, 7.2.1.
 * Callers: descriptor.c, double_fault.c.
 */
#ifndef XEN_CPU_TSS_H
#define XEN_CPU_TSS_H

#include <stdint.h>

struct tss {
    uint32_t link;
    uint32_t esp0, ss0, esp1, ss1, esp2, ss2;
    uint32_t cr3, eip, eflags;
    uint32_t eax, ecx, edx, ebx, esp, ebp, esi, edi;
    uint32_t es, cs, ss, ds, fs, gs, ldt;
    uint16_t trap, io_map;
};

_Static_assert(sizeof(struct tss) == 104, "as the processor reads it");

/* The one in TR. io_map lies behind its limit, so no guest may use an I/O port. */
extern struct tss processor_tss;
/* Selectors 0xe000 and up. */
extern uint64_t reserved_gdt_page[];

#endif
