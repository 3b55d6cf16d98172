/*
 * t_segments.h - what the files of this guest share: descriptors, the live GDT, and reading through a selector.
 */
#ifndef GUESTS_T_SEGMENTS_H
#define GUESTS_T_SEGMENTS_H

#include <stdbool.h>
#include <stdint.h>

#define GRANULAR 0xcu        /* 4 KiB units, 32 bits */
#define BYTES 0x4u           /* bytes, 32 bits */
#define DATA_RING1 0xb3u
#define DATA_RING3 0xf3u
#define DATA_RING0 0x93u
#define CODE_RING1 0xbbu

/* Faults taken; fault_resume says where to go on after an expected one. */
extern volatile uint32_t faults, fault_vector, fault_resume;
/* The live table. */
extern uint64_t *gdt;
extern unsigned long gdt_frames[1];

uint64_t descriptor(uint32_t base, uint32_t limit, uint32_t access, uint32_t flags);
/* Put a descriptor into slot of the live table. */
long put(uint32_t slot, uint64_t value);
/* Read a word through fs loaded with selector. False: loading or reading faulted. */
bool read_through(uint32_t selector, uint32_t offset, uint32_t *value);
/* A page of ours at its own place again, with flags beside PTE_P; returns the hypervisor's answer. */
long map_page(volatile void *page, uint32_t flags);
unsigned long page_mfn(const volatile void *page);

void check_ldt(void);
void check_user(void);

#endif
