/*
 * policy.h - what is done about the guest's stores to its tables, and what beside.
 *
 *   emulate    every guest table is read-only to the guest; a store to it traps and is carried out (emulate.h)
 *   oos        the same, but an L1 table that is written often may be written unseen until the next flush (oos.h)
 *   brute      no table is watched; at every flush event all shadows are dropped, as a TLB is emptied. A baseline
 *   announce   no table is watched, and no flush looks at them: the guest announces each change of an entry that it may
 *              have used, by mmu_update, update_va_mapping or invlpg, and by unpinning that a frame is a table no
 *              longer
 *
 *   prefetch     a fill takes neighbours along (prefetch.h)
 *   root_cache   a root lives on while another base pointer is loaded, until the pool needs its memory
 *   global       the guest's CR4.PGE is on: its global entries stay in the TLB when another base pointer is loaded (F9)
 *   superpages   a guest's 4 MiB page is one entry in the shadow where it can be (superpage.h), else always pieces
 *   flood        a table that is written again and again and is not used is taken for recycled memory (heat.h)
 *
 * Rules: under brute and announce a page is not SYNCED from its beginning to its end. What a guest fails to announce
 * harms only itself: frames are checked where entries are made (S5), whatever the tables say.
 * Callers: make.c, sync.c and policy.c; the host sets (shadow.h).
 */
#ifndef SHADOW_POLICY_H
#define SHADOW_POLICY_H

#include "shadow/types.h"

/* What a new page of a guest table is. */
static inline enum sync sync_of_new_page(const struct shadow *shadow) {
    static const uint8_t by_policy[] = {
        [SHADOW_EMULATE] = SYNCED, [SHADOW_OOS] = SYNCED, [SHADOW_BRUTE] = UNSYNCED, [SHADOW_ANNOUNCE] = ANNOUNCED,
    };

    return by_policy[shadow->policy];
}

#endif
