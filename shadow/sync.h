/*
 * sync.h - tables that the guest may write unseen for a while (rule S8).
 *
 * When a write to a table can not be emulated, the table goes out of sync: the guest gets its writable mapping and the
 * instruction runs by itself, whatever it is and whatever else it touches, also when it writes the table through the
 * table itself, and also when the table is the current root. At the next flush event its shadow is dropped (or, for a
 * current or loaded root, emptied and its frame protected again).
 * Callers: fault.c puts tables out of sync; flush.c and root.c call flush_event.
 */
#ifndef SHADOW_SYNC_H
#define SHADOW_SYNC_H

#include "shadow/types.h"

/* mfn, a guest table in whatever kinds it is shadowed, goes out of sync. */
void unsync(struct shadow *shadow, mfn_t mfn);
/* Every out-of-sync table is brought back. */
void bring_all_back(struct shadow *shadow);

/* An event at which hardware would have to forget something. */
static inline void flush_event(struct shadow *shadow) {
    shadow->flush_events++;
    if (__builtin_expect(shadow->out_of_sync != 0, 0)) {
        bring_all_back(shadow);
    }
}

#endif
