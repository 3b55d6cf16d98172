/*
 * oos.h - L1 tables that are out of sync by choice.
 *
 * A store that traps costs some hundred instructions; a table that the guest is filling or write-protecting entry by
 * entry traps hundreds of times. With the policy oos such a table is copied and given to the guest writable; at the
 * next flush event it is compared with the copy, and what has changed is brought into line at once.
 *
 * O1   Only a table that is shadowed as L1 and not as L2 goes out of sync. One that comes to be shadowed as L2 is
 *      brought back first.
 * O2   At most SHADOW_OOS_TABLES at a time, each with a slot that holds its snapshot; when all are taken, stores trap.
 * O3   A snapshot entry is what the shadow entry was derived from: the guest entry as it was when the table went out of
 *      sync, or when it was filled or explicitly updated since. So the shadow entry grants no more than the snapshot's
 *      (the audit checks S3 against it), and where the guest's has not changed from it nothing is to be done.
 * O4   It is brought back at every flush event (base-pointer load, flush, mode or policy change), and by invlpg as far
 *      as that one address goes (S8). After that its stores trap again.
 * O5   It goes out of sync when heat.h has counted HEAT_OOS writes. Was that worth it, the next write will do; was it
 *      not, it must show its worth again.
 * Callers: fault.c, sync.c, write.c, make.c; unshadow.c when the page ends.
 */
#ifndef SHADOW_OOS_H
#define SHADOW_OOS_H

#include "shadow/types.h"

/* A write to mfn, a table in sync, has trapped. True: it is out of sync now. False: nothing has changed. */
bool oos_begin(struct shadow *shadow, mfn_t mfn);
/*
 * Bring the page, UNSYNCED_OOS, back into sync. What was lost, and the writable mappings of its frame that TLBs may
 * know, are put off when a full flush follows before the guest runs (flush_follows), and forgotten at once otherwise.
 */
void oos_end(struct shadow *shadow, struct shadow_page *page, bool flush_follows);
/* All of them; a full flush follows. */
void oos_end_all(struct shadow *shadow);
/* The page ends: its slot is free. */
void oos_forget(struct shadow *shadow, const struct shadow_page *page);
/* If the page is UNSYNCED_OOS: its shadow entry at index is derived from value now (O3). */
void oos_note_entry(struct shadow *shadow, const struct shadow_page *page, uint32_t index, pte_t value);
static inline void oos_note(struct shadow *shadow, const struct shadow_page *page, uint32_t index, pte_t value) {
    if (page->sync == UNSYNCED_OOS) {
        oos_note_entry(shadow, page, index, value);
    }
}
/* The snapshot of the page, UNSYNCED_OOS; for the audit. NULL: it has no slot (O2). */
const pte_t *oos_snapshot(const struct shadow *shadow, const struct shadow_page *page);

#endif
