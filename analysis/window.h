/*
 * window.h - the part of a trace that a reader of instructions is asked to read.
 *
 * Callers: analysis/tools/check.c, export.c, insn.c, memory.c, profile.c, timeline.c, tlbsim.c.
 */
#ifndef ANALYSIS_WINDOW_H
#define ANALYSIS_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#include "analysis/options.h"

struct window {
    uint64_t from, until; /* instructions; until is the first that is not wanted any more */
};

#define WHOLE_TRACE ((struct window){ 0, UINT64_MAX })

/* Lines of a --help; gap: as many blanks as make their texts begin where the others' do. */
#define WINDOW_HELP(gap)                                \
    "  --from N    " gap "begin with instruction N\n"   \
    "  --until N   " gap "end before instruction N\n"

/* Takes --from N or --until N at argv[*at], as take_option does. Ends the program when the window is none. */
bool take_window(int argc, char **argv, int *at, struct window *window);

/* What is read, and how it is printed. */
struct command {
    const char *directory;
    struct window window;
    enum format format;
};

/* Takes --csv, --json, an option of the window or the directory at argv[*at]. Ends the program when it is none of them. */
void take_command(int argc, char **argv, int *at, struct command *command);
/* The output is to be of this format. Ends the program when it is to be of another one, too. */
void choose_format(struct command *command, enum format format);
/* Behind the last argument: ends the program when there was no directory. */
void check_command(const struct command *command);

#endif
