/*
 * check.h - what every hosted test program uses: checks that name themselves, and a random number generator with a
 * printed seed.
 *
 * A failed check prints where and what, and the seed, and ends the program with status 1. The seed is the first
 * argument, or a fixed number, so that a run can be repeated.
 */
#ifndef UNIT_CHECK_H
#define UNIT_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#define CHECK(condition) check((condition), __FILE__, __LINE__, #condition)
#define CHECK_EQUAL(value, wanted) check_equal((uint64_t)(value), (uint64_t)(wanted), __FILE__, __LINE__, #value)

void check(bool holds, const char *file, int line, const char *text);
void check_equal(uint64_t value, uint64_t wanted, const char *file, int line, const char *text);

/* Called when a check failed, before the program ends; NULL: nobody. It may leave by longjmp. */
extern void (*check_failed)(const char *file, int line, const char *text);

/* How many checks were made. */
extern uint64_t checks_made;

/* Take the seed from the command line, print it. */
void random_begin(int argc, char **argv);
/* A number from 0 to below - 1. */
uint32_t random_below(uint32_t below);
uint32_t random_word(void);
/* Draw from another sequence from here on: to, not 0, is its state. Returns the state of the one before. */
uint64_t random_switch(uint64_t to);

/* Print what this program did; the last line of a good run. */
int check_end(const char *name);

#endif
