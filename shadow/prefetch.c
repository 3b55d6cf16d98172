/* prefetch.c - neighbours of a translation that is being filled. Rules and callers: prefetch.h. */
#include "shadow/prefetch.h"

#include "shadow/guest_entry.h"
#include "shadow/hash.h"
#include "shadow/oos.h"
#include "shadow/propagate.h"
#include "shadow/set_first.h"

/* The guest's entry is value, present and accessed; the shadow entry, at location, is empty. Was it filled? */
static inline bool fill_neighbour(struct shadow *shadow, struct shadow_page *leaf, uint32_t location, pte_t value) {
    mfn_t mfn;

    return shadow_port_frame_of(shadow->domain, entry_frame(value), &mfn) &&
           set_first(shadow, leaf, location, shadow->memory + location,
                     propagate_l1(value, mfn, is_in_sync_table(shadow, mfn), shadow->passed_on)) != SET_REFUSED;
}

__attribute__((flatten)) void prefetch(struct shadow *shadow, const struct walk *walk, struct shadow_page *leaf) {
    const pte_t *guest = walk->l1_entry - l1_index(walk->linear);
    uint32_t start = page_index(shadow, leaf) << TABLE_SHIFT, first = l1_index(walk->linear) & ~(PREFETCH_GROUP - 1), i;
    uint32_t filled = 0;
    bool out_of_sync = leaf->sync == UNSYNCED_OOS;

    for (i = first; i < first + PREFETCH_GROUP; i++) {
        pte_t value = guest_entry_load(&guest[i]);

        if (shadow->memory[start + i] == 0 && (value & (PTE_P | PTE_A)) == (PTE_P | PTE_A) &&
            fill_neighbour(shadow, leaf, start + i, value)) {
            filled++;
            if (out_of_sync) {
                oos_note(shadow, leaf, i, value);
            }
        }
    }
    shadow->counters[TRACE_COUNTER_prefetched] += filled;
}
