/* walk.c - see walk.h. */
#include "xen/direct/walk.h"

#include <xen/errno.h>

#include "shadow/guest_entry.h"
#include "xen/direct/table.h"
#include "xen/mm/map_cache.h"

pte_t walk_entry(mfn_t table, uint32_t index) {
    const pte_t *entries = map_frame(table);
    pte_t entry = guest_entry_load(&entries[index]);

    unmap_frame(entries);
    return entry;
}

int walk_find_l1(mfn_t directory, uint32_t linear, mfn_t *table, uint32_t *index) {
    pte_t entry = walk_entry(directory, l2_index(linear));
    mfn_t found = { entry >> PAGE_SHIFT };

    if (!(entry & PTE_P) || frame_of(found)->type != FRAME_L1) { /* D3: a present entry names a validated table */
        return -XEN_EINVAL;
    }
    *table = found;
    *index = l1_index(linear);
    return 0;
}

static bool find_in_table(mfn_t table, mfn_t mfn, uint32_t *index) {
    const pte_t *entries = map_frame(table);
    bool found = false;

    for (uint32_t i = 0; i < TABLE_ENTRIES && !found; i++) {
        pte_t entry = guest_entry_load(&entries[i]);

        found = (entry & PTE_P) && (entry & PTE_W) && entry >> PAGE_SHIFT == mfn.n;
        *index = i;
    }
    unmap_frame(entries);
    return found;
}

bool walk_find_writable(struct domain *domain, mfn_t mfn, mfn_t *table, uint32_t *index, uint32_t *linear) {
    for (uint32_t n = 0; n < frame_limit; n++) {
        *table = (mfn_t){ n };
        if (frame_owned_by(domain->id, *table) && is_table(*table, FRAME_L1) && find_in_table(*table, mfn, index)) {
            uint32_t link = frame_of(*table)->link;

            *linear = *index << L1_SHIFT;
            if (link < LINK_MANY) {
                *linear |= link % TABLE_ENTRIES << L2_SHIFT;
            }
            return true;
        }
    }
    return false;
}
