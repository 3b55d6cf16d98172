/*
 * random.h - numbers at random, the same in each run with the same seed.
 *
 * Callers: guest kernels that try things at random.
 */
#ifndef GUESTS_LIB_RANDOM_H
#define GUESTS_LIB_RANDOM_H

#include <stdint.h>

/* Begin; any seed is good. Without it the sequence is always the same. */
void random_start(uint32_t seed);
/* Any number but 0. */
uint32_t random_any(void);
/* A number below limit (at least 1). */
uint32_t random_below(uint32_t limit);
/* Words of a structure: half of them small numbers, half of them anything. */
void random_fill(void *words, uint32_t count);

#endif
