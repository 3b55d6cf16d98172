/*
 * shrink.h - a failing sequence of actions, made short and printed as a C test.
 *
 * Sequences are played in child processes, so that each begins with nothing and may end in any way. A shorter one
 * counts when it fails at the same check.
 * Callers: test_engine.c, test_shrink.c.
 */
#ifndef UNIT_SHRINK_H
#define UNIT_SHRINK_H

#include <stdbool.h>

#include "tests/unit/shadow/actions.h"

/* Where a sequence fails; line 0: not at a check, but by a signal or a sanitizer. */
struct failure {
    char file[64];
    int line;
    char text[96];
};

/* Play the sequence in a child. True: it fails, *failure says where. */
bool shrink_fails(uint32_t seed, const struct action *actions, uint32_t count, struct failure *failure);

/*
 * Take out actions, then make arguments 0, as long as the sequence, of count actions, fails where it failed before. It
 * is changed in place. Returns how many are left; 0: it does not fail.
 */
uint32_t shrink(uint32_t seed, struct action *actions, uint32_t count);

/* Print the sequence as a program that plays it: a file for this directory. */
void shrink_print(uint32_t seed, const struct action *actions, uint32_t count, const struct failure *failure);

#endif
