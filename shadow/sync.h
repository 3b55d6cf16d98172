/*
 * sync.h - tables that the guest may write unseen (rule S8).
 *
 * When a write to a table can not be emulated, the table goes out of sync: the guest gets its writable mapping and the
 * instruction runs by itself, whatever it is and whatever else it touches, also when it writes the table through the
 * table itself, and also when the table is the current root. At the next flush event its shadow is dropped (or, for a
 * current or loaded root, emptied and its frame protected again). Tables that are out of sync by choice are brought
 * back by comparing (oos.h). Under the policies brute and announce no table is in sync (policy.h).
 *
 * A flush event is one at which hardware would have to forget all: a base-pointer load, a flush, a change of policy or
 * mode. An invlpg forgets one address and, as on hardware, what was remembered of L2 entries (Intel SDM volume 3,
 * 4.10.4.1): a root that is out of sync is brought back, of an L1 table that is, the one entry.
 * Callers: fault.c puts tables out of sync; flush.c and root.c call flush_event and flush_event_of.
 */
#ifndef SHADOW_SYNC_H
#define SHADOW_SYNC_H

#include "shadow/types.h"

/* The page is this from now on. */
static inline void set_sync(struct shadow *shadow, struct shadow_page *page, enum sync sync) {
    shadow->out_of_sync += (sync != SYNCED) - (page->sync != SYNCED);
    page->sync = sync;
    page->unsynced_at = shadow->flush_events;
}

/* mfn, a guest table in whatever kinds it is shadowed, goes out of sync until the next flush event. */
void unsync(struct shadow *shadow, mfn_t mfn);
/* Every out-of-sync table is brought back; a full flush follows before the guest runs. */
void bring_all_back(struct shadow *shadow);
/* What invlpg of linear brings back. */
void bring_back_path(struct shadow *shadow, uint32_t linear);

/* An event at which hardware would have to forget everything; the host makes it so before the guest runs. */
static inline void flush_event(struct shadow *shadow) {
    shadow->flush_events++;
    if (__builtin_expect(shadow->out_of_sync != 0, 0)) {
        bring_all_back(shadow);
    }
}

/* An event at which hardware would have to forget linear. */
static inline void flush_event_of(struct shadow *shadow, uint32_t linear) {
    if (__builtin_expect(shadow->out_of_sync != 0, 0)) {
        bring_back_path(shadow, linear);
    }
}

#endif
