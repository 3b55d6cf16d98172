/* prefetch.c - neighbours of a translation that is being filled. Rules and callers: prefetch.h. */
#include "shadow/prefetch.h"

#include "shadow/guest_entry.h"
#include "shadow/hash.h"
#include "shadow/oos.h"
#include "shadow/propagate.h"
#include "shadow/set.h"

/* The shadow entry at index is empty; the guest's is value. */
static bool fill_neighbour(struct shadow *shadow, struct shadow_page *leaf, uint32_t index, pte_t value) {
    mfn_t mfn;

    if ((value & (PTE_P | PTE_A)) != (PTE_P | PTE_A) || !shadow_port_frame_of(shadow->domain, entry_frame(value), &mfn) ||
        set_entry(shadow, page_table(shadow, leaf) + index,
                  propagate_l1(value, mfn, is_in_sync_table(shadow, mfn))) == SET_REFUSED) {
        return false;
    }
    oos_note(shadow, leaf, index, value);
    return true;
}

void prefetch(struct shadow *shadow, const struct walk *walk, struct shadow_page *leaf) {
    const pte_t *guest = walk->l1_entry - l1_index(walk->linear), *table = page_table(shadow, leaf);
    uint32_t i = l1_index(walk->linear) & ~(PREFETCH_GROUP - 1), end = i + PREFETCH_GROUP;

    for (; i < end; i++) {
        if (table[i] == 0 && fill_neighbour(shadow, leaf, i, guest_entry_load(&guest[i]))) {
            count(shadow, TRACE_COUNTER_prefetched);
        }
    }
}
