/*
 * marks.h - one bit for each frame of the machine, by machine frame number; and bits of the same form for a report.
 * Callers: dirty, sample.
 */
#ifndef SHADOW_MARKS_H
#define SHADOW_MARKS_H

#include <stdbool.h>
#include <stdint.h>

static inline bool is_marked(const uint32_t *marks, uint32_t n) {
    return (marks[n / 32] >> n % 32 & 1) != 0;
}

static inline void set_mark(uint32_t *marks, uint32_t n) {
    marks[n / 32] |= 1u << n % 32;
}

static inline void clear_mark(uint32_t *marks, uint32_t n) {
    marks[n / 32] &= ~(1u << n % 32);
}

#endif
