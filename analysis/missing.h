/*
 * missing.h - the places of an instruction stream where instructions are missing that nobody left out on purpose.
 *
 * Rules: a zeroed structure is one without a place. Places that lie behind each other are one; there are at most some
 * for each packet of the stream.
 * Callers: analysis/follow.c, tools/stream.c.
 */
#ifndef ANALYSIS_MISSING_H
#define ANALYSIS_MISSING_H

#include "analysis/stream.h"

struct missing {
    struct missing_place {
        uint64_t first, until;   /* instructions */
        const char *why;         /* of the first of them; static */
    } *places;
    uint32_t count;
};

/* Take a gap of the stream. */
void missing_gap(struct missing *missing, const struct stream_item *item);
/* Tell people on stderr what is missing in the trace under path, and where; and damage (stream_damage) beside it. */
void missing_print(const struct missing *missing, const char *path, const char *damage);
void missing_free(struct missing *missing);

#endif
