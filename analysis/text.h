/*
 * text.h - text that a guest chose, made fit for a terminal and a table.
 *
 * Callers: analysis/processes.c, analysis/measure.c.
 */
#ifndef ANALYSIS_TEXT_H
#define ANALYSIS_TEXT_H

#include <stddef.h>

/* Copy at most bytes letters of from, up to its NUL, into to (size bytes, ends in NUL); unprintable ones become '?'. */
static inline void take_text(char *to, size_t size, const char *from, size_t bytes) {
    size_t used = 0;

    for (; used < bytes && used + 1 < size && from[used]; used++)
        to[used] = from[used] >= ' ' && from[used] <= '~' ? from[used] : '?';
    to[used] = '\0';
}

#endif
