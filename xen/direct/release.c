/*
 * release.c - tables that leave (rules D7, D8); see table.h.
 *
 * They stand on a list, the newest first, each with the number of its entries that still hold references. The first of
 * them is worked on; a directory that gives up its last user of a table puts that table before itself. So a tree of
 * tables is taken down without recursion, and can stop anywhere.
 */
#include "xen/direct/table.h"

#include "shadow/guest_entry.h"
#include "xen/direct/l1e.h"
#include "xen/lib/string.h"
#include "xen/mm/map_cache.h"
#include "xen/mm/tlb.h"

/* What they say is not for guests to read. */
static void clear_hypervisor_slots(mfn_t mfn) {
    pte_t *entries = map_frame(mfn);

    memset(entries + HYPERVISOR_L2_FIRST, 0, (TABLE_ENTRIES - HYPERVISOR_L2_FIRST) * sizeof(pte_t));
    unmap_frame(entries);
}

void table_leave(struct domain *domain, mfn_t mfn, uint32_t entries) {
    struct frame *frame = frame_of(mfn);

    if (frame->flags & FRAME_VALIDATED) {
        if (frame->type == FRAME_L2) {
            clear_hypervisor_slots(mfn);
        }
        if (domain->direct.window.table.n == mfn.n) {
            table_close_window(domain);
        }
        domain->mmu_counters[frame->type == FRAME_L1 ? TRACE_MMU_COUNTER_l1_released
                                                     : TRACE_MMU_COUNTER_l2_released]++;
        trace_table_type(mfn.n, TRACE_TABLE_TYPE_none);
    }
    domain->direct.partial -= (frame->flags & FRAME_PARTIAL) != 0;
    frame->flags = (uint8_t)((frame->flags & ~(FRAME_PARTIAL | FRAME_VALIDATED)) | FRAME_LEAVING);
    frame->leaving.next = domain->direct.leaving;
    frame->leaving.entries = entries;
    domain->direct.leaving = mfn.n;
}

/* The table's entries have given up everything: it is ordinary memory again. */
static void finish(struct domain *domain, mfn_t mfn) {
    struct frame *frame = frame_of(mfn);

    domain->direct.leaving = frame->leaving.next;
    if (domain->direct.unlinked_at == tlb_generation) {
        /* a processor may remember where a directory led, and would walk what the guest writes there now */
        tlb_flush_non_global(0, TRACE_CAUSE_type_change);
        domain->mmu_counters[TRACE_MMU_COUNTER_type_flushes]++;
    }
    frame->flags &= (uint8_t)~FRAME_LEAVING;
    frame_put_with_type(mfn);
}

static void release_l1(struct domain *domain, mfn_t mfn) {
    const pte_t *entries = map_frame(mfn);

    for (uint32_t group = 0; (group = table_next_present(entries, group)) < TABLE_ENTRIES; group += ENTRY_GROUP) {
        for (uint32_t index = group; index < group + ENTRY_GROUP; index++) {
            l1e_put(domain, guest_entry_load(&entries[index]));
        }
    }
    unmap_frame(entries);
    direct_spend(&domain->direct, TABLE_ENTRIES);
    frame_of(mfn)->leaving.entries = 0;
}

/* As far as the next table that leaves because of it, or the budget. */
static void release_l2(struct domain *domain, mfn_t mfn) {
    struct frame *frame = frame_of(mfn);
    const pte_t *entries = map_frame(mfn);

    while (frame->leaving.entries > 0 && domain->direct.leaving == mfn.n && domain->direct.budget != 0) {
        if (frame->leaving.entries % ENTRY_GROUP == 0 && none_present(&entries[frame->leaving.entries - ENTRY_GROUP])) {
            frame->leaving.entries -= ENTRY_GROUP;
            direct_spend(&domain->direct, ENTRY_GROUP);
            continue;
        }
        uint32_t index = --frame->leaving.entries;

        direct_spend(&domain->direct, 1);
        directory_put(domain, mfn, index, guest_entry_load(&entries[index]));
    }
    unmap_frame(entries);
}

bool tables_left(struct domain *domain) {
    while (domain->direct.leaving != NO_FRAME && domain->direct.budget != 0) {
        mfn_t mfn = { domain->direct.leaving };

        if (frame_of(mfn)->type == FRAME_L1) {
            release_l1(domain, mfn);
        } else {
            release_l2(domain, mfn);
        }
        if (domain->direct.leaving == mfn.n && frame_of(mfn)->leaving.entries == 0) {
            finish(domain, mfn);
        }
    }
    return domain->direct.leaving == NO_FRAME;
}
