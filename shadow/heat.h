/*
 * heat.h - how often a guest table was written lately, without being used.
 *
 * A few tables are remembered, by frame. A trapped write makes its table hotter; it begins anew when more than
 * HEAT_FILLS translations were filled since the last one (the guest is using its tables, not building them), or when
 * another table takes its place.
 * Callers: fault.c; oos.c says how hot a table is after it was brought back.
 */
#ifndef SHADOW_HEAT_H
#define SHADOW_HEAT_H

#include "shadow/types.h"

#ifndef HEAT_FILLS /* other numbers only in the exhaustive test, whose sequences are short */
#define HEAT_FILLS 8u
/* Writes from which on a table is worth to be out of sync. */
#define HEAT_OOS 3u
/* Writes from which on a table is taken for recycled memory. */
#define HEAT_FLOOD 256u
#endif

/* A write to mfn has trapped. Returns how many there were, this one included. */
uint32_t heat_of_write(struct shadow *shadow, mfn_t mfn);
/* Are they so many that something may be done about it under this policy? */
static inline bool is_hot(const struct shadow *shadow, uint32_t writes) {
    return writes >= (shadow->policy == SHADOW_OOS ? HEAT_OOS : HEAT_FLOOD);
}
/* Say that there were so many. */
void heat_set(struct shadow *shadow, mfn_t mfn, uint32_t writes);

#endif
