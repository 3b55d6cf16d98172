/*
 * options.h - the words of the guest's command line.
 *
 * Callers: main, system calls. docs/guests.md lists the words.
 */
#ifndef MINI_OPTIONS_H
#define MINI_OPTIONS_H

#include <stdint.h>

struct options {
    uint32_t memory_limit;       /* mem_limit=: user frames, 0: none said */
    uint32_t swap_frames;        /* swap=: size of the swap area */
    uint32_t global_pages;       /* global=1: the kernel's pages are global where that is possible */
    uint32_t large_pages;        /* large=1: its map has pages of 4 MiB where that is possible */
    uint32_t hop_ticks;          /* hop=: ticks between two changes of the paging mode, 0: none */
    uint32_t seed;               /* seed=: where the pseudo-random sequence of modes begins; hop goes on with it */
};

extern struct options options;

/*
 * Read them. Words that are the workload's (workload=, rounds=, pages= and so on) are checked here and used by the
 * programs. An unknown word or a value that is no number ends the guest with a message that names the allowed words,
 * outcome error.
 */
void options_read(const char *command_line, uint32_t frames);

#endif
