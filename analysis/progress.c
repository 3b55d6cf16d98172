/*
 * progress.c - see progress.h.
 */
#include "analysis/progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "analysis/grid.h"

#define EVENTS_BETWEEN 4096u       /* looks at the clock */
#define MILLISECONDS_BETWEEN 1000u /* words */

static uint64_t now(void) {
    struct timespec clock;

    clock_gettime(CLOCK_MONOTONIC, &clock);
    return (uint64_t)clock.tv_sec * 1000 + (uint64_t)clock.tv_nsec / 1000000;
}

void progress_event(struct progress *progress, uint64_t time) {
    char instruction[CELL_BYTES];

    if (progress->events == 0)
        progress->said = now();
    if (++progress->events % EVENTS_BETWEEN || now() - progress->said < MILLISECONDS_BETWEEN || !isatty(STDERR_FILENO))
        return;
    progress->said = now();
    progress->shown = true;
    put_number(instruction, time);
    fprintf(stderr, "\rread up to instruction %s", instruction);
    fflush(stderr);
}

void progress_end(struct progress *progress) {
    if (progress->shown)
        fputs("\r\033[K", stderr);
    progress->shown = false;
}
