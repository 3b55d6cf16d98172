/* prefetch.c - neighbours of a translation that is being filled. Rules and callers: prefetch.h. */
#include "shadow/prefetch.h"

#include "shadow/dirty.h"
#include "shadow/guest_entry.h"
#include "shadow/hash.h"
#include "shadow/oos.h"
#include "shadow/propagate.h"
#include "shadow/set_first.h"

/* The guest's entry is value, present and accessed; the shadow entry, at location, is empty. Returns whether it was filled. */
static inline bool fill_neighbour(struct shadow *shadow, struct shadow_page *leaf, uint32_t location, pte_t value) {
    mfn_t mfn;

    if (!shadow_port_frame_of(shadow->domain, entry_frame(value), &mfn)) {
        return false;
    }
    value = propagate_l1(value, mfn, is_in_sync_table(shadow, mfn));
    if (__builtin_expect(shadow->dirty != NULL, 0)) {
        value = withhold_write(shadow, value); /* W1 */
    }
    return set_first(shadow, leaf, location, shadow->memory + location, value) != SET_REFUSED;
}

__attribute__((flatten)) void prefetch(struct shadow *shadow, const struct walk *walk, struct shadow_page *leaf) {
    const pte_t *guest = walk->l1_entry - l1_index(walk->linear);
    uint32_t start = page_index(shadow, leaf) << TABLE_SHIFT, first = l1_index(walk->linear) & ~(PREFETCH_GROUP - 1), i;
    bool out_of_sync = leaf->sync == UNSYNCED_OOS;

    for (i = first; i < first + PREFETCH_GROUP; i++) {
        pte_t value = guest_entry_load(&guest[i]);

        if (shadow->memory[start + i] == 0 && (value & (PTE_P | PTE_A)) == (PTE_P | PTE_A) &&
            fill_neighbour(shadow, leaf, start + i, value)) {
            shadow->counters[TRACE_COUNTER_prefetched]++;
            if (out_of_sync) {
                oos_note(shadow, leaf, i, value);
            }
        }
    }
}
