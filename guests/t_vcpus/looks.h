/*
 * looks.h - what belongs to one vcpu alone: the page directory, the descriptor table, the FPU, the virtual IOPL. Each
 * function works on the vcpu that calls it, gives the processor to others in between, and returns what it found.
 */
#ifndef GUESTS_T_VCPUS_LOOKS_H
#define GUESTS_T_VCPUS_LOOKS_H

#include <stdint.h>

/* A linear address at which each directory of looks_directory shows another page; the first word there. */
#define LOOK_LINEAR 0x30000000u
uint32_t look_at_page(void);
/* A copy of the boot directory with a page at LOOK_LINEAR of its own, which begins with word. */
void *looks_directory(uint32_t word);

/* A GDT of its own whose descriptor of the same selector has another base: the word found through it, 20 times. */
uint32_t look_through_segment(uint32_t id);
/* A number in the FPU: what it is after others have used theirs. */
uint32_t look_at_fpu(uint32_t id);
/* A port that is not the domain's: 0xff, or LOOK_PROTECTION where the vcpu may not use ports at all. */
#define LOOK_PROTECTION 13
uint32_t look_at_port(void);

#endif
