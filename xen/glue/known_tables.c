/*
 * known_tables.c - see known_tables.h.
 */
#include "xen/glue/known_tables.h"

#include "shadow/guest_entry.h"
#include "xen/direct/table.h"
#include "xen/domain/physmap.h"
#include "xen/mm/frame.h"
#include "xen/mm/map_cache.h"

void known_tables_note(struct domain *domain, pte_t entry) {
    mfn_t table = physmap_frame(domain, entry >> PAGE_SHIFT);

    if ((entry & (PTE_P | PTE_PS)) == PTE_P && frame_owned_by(domain->id, table)) {
        frame_of(table)->flags |= FRAME_TABLE;
    }
}

void known_tables_note_directory(struct domain *domain, mfn_t mfn) {
    const pte_t *entries = map_frame(mfn);

    for (uint32_t index = 0; index < HYPERVISOR_L2_FIRST; index++) {
        if (index % ENTRY_GROUP == 0 && none_present(&entries[index])) {
            index += ENTRY_GROUP - 1;
        } else {
            known_tables_note(domain, guest_entry_load(&entries[index]));
        }
    }
    unmap_frame(entries);
}
