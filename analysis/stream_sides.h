/*
 * stream_sides.h - what went with the instructions of one packet: page walks and data accesses, in the order of time.
 *
 * Rules: sides are asked for run by run. Of one instruction, a walk that filled the TLB comes before the first access
 * to its page, one that ended in a page fault before all accesses, one for fetching behind them.
 * Callers: stream.c.
 */
#ifndef ANALYSIS_STREAM_SIDES_H
#define ANALYSIS_STREAM_SIDES_H

#include <stdbool.h>
#include <stdint.h>

#include "analysis/stream_accesses.h"
#include "analysis/stream_file.h"
#include "analysis/stream_walks.h"

struct stream_sides {
    struct stream_accesses accesses;
    struct stream_walks walks;
    bool has_walk;                    /* the next walk was read */
    struct walk walk;
    bool has_access;                  /* the next access was read */
    uint64_t access_time;
    /* no walk or access is of an instruction before this one; 0: it has to be looked for */
    uint64_t due;
    struct stream_access access;
    const struct stream_code *code;   /* instructions that sides are asked of */
    uint64_t time;                    /* of the first of them */
    uint32_t cursor, cursor_address;  /* one of them, and its address */
    uint8_t walk_bytes[SECTION_ROOM], access_bytes[SECTION_ROOM];
};

/*
 * Begin a packet. Null, or what is wrong with its walks. *no_accesses: what is wrong with its accesses, or null; if
 * something is, they are as if none had been recorded.
 */
const char *sides_begin(struct stream_sides *sides, const struct stream_packet *packet, const char **no_accesses);
/* The instructions of code ran from time on, the last one maybe repeatedly. */
void sides_run(struct stream_sides *sides, const struct stream_code *code, uint64_t time);
/* The next walk or access, of an instruction before `until`. False: there is none. */
bool sides_take(struct stream_sides *sides, uint64_t until, struct stream_item *item);

/* The same, asked of every run. */
static inline bool sides_next(struct stream_sides *sides, uint64_t until, struct stream_item *item) {
    return sides->due < until && sides_take(sides, until, item);
}

/* Were accesses recorded of the instructions from, before until? */
static inline bool sides_recorded(struct stream_sides *sides, uint64_t from, uint64_t until) {
    uint64_t same_until;

    if (sides->accesses.quiet_from == 0 && sides->accesses.quiet_until == UINT64_MAX)
        return false;
    return stream_accesses_recorded(&sides->accesses, from, &same_until) && same_until >= until;
}

/* The packet is over, and was read to its end. Null, or what is wrong with its sides. */
const char *sides_end(struct stream_sides *sides);

#endif
