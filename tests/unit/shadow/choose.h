/*
 * choose.h - the next action of a random guest, chosen so that interesting things happen often.
 *
 * A few hot addresses come again and again; what is written is often the entry through which one of them goes.
 * Callers: actions.c for the first tables, test_engine.c, test_shrink.c.
 */
#ifndef UNIT_CHOOSE_H
#define UNIT_CHOOSE_H

#include "tests/unit/shadow/actions.h"

/* Forget the hot addresses of the guest before. */
void choose_begin(void);
/* The next action. */
struct action choose(void);
/* A random entry, for an L2 table or not. */
uint32_t random_entry(int upper);

#endif
