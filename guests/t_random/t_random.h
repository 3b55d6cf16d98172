/* t_random.h - what main.c and model.c share. */
#ifndef T_RANDOM_H
#define T_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

#include "guests/lib/tables.h"

/* The frames that take part: page directories, page tables, and data. Any of them may be named by any entry. */
#define DIRECTORIES 2u
#define TABLES 6u
#define DATA 8u
#define FRAMES (DIRECTORIES + TABLES + DATA)

/*
 * The part of the address space that changes: 16 slots of the directory. Within a table the entries 0-7 and 256-271 are
 * used; the latter are the same numbers as the slots, so that a directory used as a table shows its own entries.
 */
#define FIRST_SLOT 256u
#define SLOTS 16u
#define LOW_ENTRIES 8u

extern uint32_t *views[FRAMES];         /* the kernel's view of each */
extern uint32_t current_directory;

/* What the guest's tables say about an address. */
struct translation {
    pte_t *l2, *l1;          /* l1: NULL when the walk ends before */
    uint32_t frame;          /* index into views; FRAMES: not one of them */
    bool present, writable, user;
    bool foreign;            /* the walk meets a frame that is not the guest's: no access may succeed */
};

/* Walk the current directory in memory, as the processor would. */
struct translation model_walk(uint32_t linear);
/* Which of them is machine frame mfn? FRAMES: none. */
uint32_t model_frame(uint32_t mfn);

#endif
