/*
 * stream_accesses.h - the data accesses of one packet of the instruction stream, in order; the format is in
 * trace/stream/access_model.h.
 *
 * Rules: an access can be read once the instruction that it belongs to is known, so reading goes in two steps: when,
 * and then what. Whatever the bytes are, nothing is read or written past them; wrong ones end the accesses early, and
 * are noticed.
 * Callers: stream.c; tests/unit/stream.
 */
#ifndef ANALYSIS_STREAM_ACCESSES_H
#define ANALYSIS_STREAM_ACCESSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analysis/stream.h"
#include "trace/stream/access_model.h"
#include "trace/stream/columns.h"

struct stream_accesses {
    struct access_model model;
    struct column_in columns[ACCESS_COLUMNS];
    uint64_t left;                    /* accesses not yet taken, the announced one among them */
    uint64_t right;                   /* predicted right before the next token */
    bool announced;                   /* gap and wrong are of the next access */
    uint64_t gap;
    uint32_t wrong;
    bool broken;                      /* the bytes were no accesses from some point on */
    uint64_t quiet_from, quiet_until; /* the next or present stretch without accesses; UINT64_MAX: there is none */
};

/* Begin with the content of a packet whose first instruction is `time`. False, and broken: this is no content. */
bool stream_accesses_open(struct stream_accesses *accesses, const uint8_t *content, size_t bytes, uint64_t time);
/* Nothing is known: no access comes. */
void stream_accesses_none(struct stream_accesses *accesses);
/* Time of the instruction that the next access belongs to; UINT64_MAX: there is no further access. */
uint64_t stream_accesses_next(struct stream_accesses *accesses);
/*
 * The access that stream_accesses_next announced; instruction: linear address of the one at that time. False: it is
 * broken.
 */
bool stream_accesses_take(struct stream_accesses *accesses, uint32_t instruction, struct stream_access *access);
/*
 * Were accesses recorded of the instruction at time, which is not before those asked for earlier? *until: the answer
 * is the same up to there, as far as the packet goes.
 */
bool stream_accesses_recorded(struct stream_accesses *accesses, uint64_t time, uint64_t *until);

#endif
