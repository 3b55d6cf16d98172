/* t_traps.h - what the groups of checks share (see main.c). */
#ifndef T_TRAPS_H
#define T_TRAPS_H

#include "guests/lib/traps.h"

/* The last trap from ring 1, and how many there were. Its handler goes on at trap_resume. */
extern struct trap_frame last_trap;
extern volatile uint32_t trap_count;
extern volatile uint32_t trap_resume;

/* Vectors above the exceptions, whose handlers record like an exception's. */
#define VECTOR_USER 0x90u        /* open to ring 3, masks events */
#define VECTOR_KERNEL 0x91u      /* open to ring 1 */
#define VECTOR_CLOSED 0x92u      /* open to nobody */
#define VECTOR_RAW 0x93u         /* open to ring 1, leaves events alone, entry raw_entry */
#define VECTOR_RAW_MASKING 0x94u /* open to ring 1, masks events, entry raw_entry */

/* What raw_entry found: the event mask on arrival, and two words of its frame. */
extern volatile uint32_t raw_mask, raw_cs, raw_eflags, raw_count;

void check_kernel_traps(void);
void check_user_traps(void);
void check_returns(void);

#endif
