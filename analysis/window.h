/*
 * window.h - the part of a trace that a reader of instructions is asked to read.
 *
 * Callers: analysis/tools/check.c, insn.c, memory.c, profile.c, tlbsim.c.
 */
#ifndef ANALYSIS_WINDOW_H
#define ANALYSIS_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

struct window {
    uint64_t from, until; /* instructions; until is the first that is not wanted any more */
};

#define WHOLE_TRACE ((struct window){ 0, UINT64_MAX })

#define WINDOW_HELP                              \
    "  --from N    begin with instruction N\n"   \
    "  --until N   end before instruction N\n"

/* Takes --from N or --until N at argv[*at], as take_option does. Ends the program when the window is none. */
bool take_window(int argc, char **argv, int *at, struct window *window);

#endif
