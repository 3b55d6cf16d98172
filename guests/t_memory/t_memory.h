/*
 * t_memory.h - what the files of this guest share: requests, and a look into any frame.
 */
#ifndef GUESTS_T_MEMORY_H
#define GUESTS_T_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "guests/lib/hypercall.h"

#define PATTERN 0x5ca1ab1eu
#define NOT_OURS 0xfffffu            /* beyond any memory */

/* One of the three reservation commands; returns the number of extents done. */
long reserve(uint32_t command, const void *list, uint32_t extents, uint32_t order, uint32_t address_bits);
/* Frames that the domain has, and may have. */
long frames_now(void);
long frames_allowed(void);
/* pfn that the machine-to-physical table knows mfn by. */
uint32_t known_as(uint32_t mfn);
/* Frames, count of them, that nothing maps. */
void take_frames(unsigned long *mfns, uint32_t count);
/* The frame mapped in a window, until the next look; look(NOT_OURS) leaves the window empty. */
volatile uint32_t *look(uint32_t mfn);
/* The last words of a page behind which nothing is mapped. */
unsigned long *before_nothing(uint32_t words);

void check_exchange(void);
void check_maps(void);

#endif
