/*
 * progress.h - how far a long reading has come, said on a terminal.
 *
 * Rules: a zeroed structure is a reading that begins. Nothing is said when standard error is no terminal, nor in the
 * first second; the line is gone when the reading has ended.
 * Callers: analysis/tools/timeline.c, export.c.
 */
#ifndef ANALYSIS_PROGRESS_H
#define ANALYSIS_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
    uint64_t events;
    uint64_t said;       /* when, in milliseconds; at first when the reading began */
    bool shown;
};

/* One event more; `time` is its. */
void progress_event(struct progress *progress, uint64_t time);
void progress_end(struct progress *progress);

#endif
