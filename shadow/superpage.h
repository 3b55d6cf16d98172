/*
 * superpage.h - 4 MiB guest pages in one piece: a large guest entry becomes a large shadow entry.
 *
 * P1   A superpage stands for a guest's large entry, and for 1024 frames that lie one behind the other in the machine,
 *      begin at a multiple of 1024, and are all the domain's own memory: nothing granted, no descriptor table. Its
 *      rights are the guest entry's (S3), write only when that is dirty (S4).
 * P2   It is writable only while none of its frames is a guest table in sync (S4). When one becomes a table, the
 *      writable superpages that map it go, and are forgotten at once (F2); when one leaves the domain, all go (F3).
 *      The next fault makes pieces.
 * P3   All superpages of the same frames with the same write right hold one reference to each frame between them: the
 *      first one takes them, the last one puts them (S5).
 * P4   They are found from each of their frames, through the reverse map, in time that grows with their number (S6).
 * P5   There is none while the log of dirty frames or samples are kept, which count pages of 4 KiB, nor while the
 *      switch is off.
 * P6   What is in pieces stays so until the last link to the pieces goes: it is not asked again at every fault whether
 *      1024 frames will do.
 * Callers: fill.c, dirty.c, sample.c, policy.c, audit_superpages.c.
 */
#ifndef SHADOW_SUPERPAGE_H
#define SHADOW_SUPERPAGE_H

#include "shadow/types.h"

/* May there be superpages at all (P5)? */
static inline bool superpages_allowed(const struct shadow *shadow) {
    return (shadow->switches & SHADOW_SWITCH_SUPERPAGES) && shadow->dirty == NULL && shadow->seen == NULL;
}

/* The superpage for large guest entry l2e, if set_entry does not refuse it (P2); 0: there can be none (P1, P5, P6). */
pte_t wanted_superpage(struct shadow *shadow, pte_t l2e);

/* P5: all of them go. The guest's tables still grant what they gave, so forgetting is put off (F5). */
void end_superpages(struct shadow *shadow);

#endif
