/*
 * table.c - see table.h. An L1 table is checked in one go; a directory entry by entry, each of which may need an L1
 * table to be checked, and stops where the budget ends.
 */
#include "xen/direct/table.h"

#include <xen/errno.h>

#include "shadow/guest_entry.h"
#include "xen/direct/l1e.h"
#include "xen/mm/map_cache.h"
#include "xen/mm/tlb.h"

int table_refuse(struct domain *domain, uint32_t reason, mfn_t table, uint32_t index, pte_t entry) {
    domain->direct.refusal = (struct refusal){ reason, table, index, entry, 0 };
    domain->mmu_counters[TRACE_MMU_COUNTER_refused]++;
    trace_mmu_refused(table.n, index, entry, reason);
    return -XEN_EINVAL;
}

__attribute__((noinline)) bool table_open_window(struct domain *domain, mfn_t mfn) {
    struct window *window = &domain->direct.window;

    if (!frame_owned_by(domain->id, mfn) || !is_table(mfn, FRAME_L1)) {
        return false;
    }
    table_close_window(domain);
    *window = (struct window){ mfn, map_frame(mfn) };
    return true;
}

void table_close_window(struct domain *domain) {
    struct window *window = &domain->direct.window;

    if (window->table.n != NO_FRAME) {
        unmap_frame(window->entries);
        window->table.n = NO_FRAME;
    }
}

/* The frame has no type and nothing but its general references; it becomes a table that is being checked (D2). */
static void begin(struct domain *domain, mfn_t mfn, enum frame_type type) {
    struct frame *frame = frame_of(mfn);

    if (frame->writable_until == tlb_generation) {
        tlb_flush_non_global(0, TRACE_CAUSE_type_change);
        domain->mmu_counters[TRACE_MMU_COUNTER_type_flushes]++;
    }
    frame->type = (uint8_t)type;
    frame->type_count = 1;
    frame->count++;
    frame->flags |= FRAME_PARTIAL;
    frame->link = 0;
    domain->direct.partial++;
}

static void finish(struct domain *domain, mfn_t mfn) {
    struct frame *frame = frame_of(mfn);

    domain->direct.partial--;
    frame->flags = (uint8_t)((frame->flags & ~FRAME_PARTIAL) | FRAME_VALIDATED);
    if (frame->type == FRAME_L1) {
        frame->link = LINK_NONE;
        frame->flags |= FRAME_TABLE;
        domain->mmu_counters[TRACE_MMU_COUNTER_l1_validated]++;
        trace_table_type(mfn.n, TRACE_TABLE_TYPE_l1);
    } else {
        frame->directory.checked = 0;
        domain->mmu_counters[TRACE_MMU_COUNTER_l2_validated]++;
        trace_table_type(mfn.n, TRACE_TABLE_TYPE_l2);
    }
}

/* An L1 table that turned out not to be one: nothing has changed in the end. */
static void undo_l1(struct domain *domain, mfn_t mfn, const pte_t *entries, uint32_t checked) {
    while (checked-- > 0) {
        l1e_put(domain, guest_entry_load(&entries[checked]));
    }
    domain->direct.partial--;
    frame_of(mfn)->flags &= (uint8_t)~FRAME_PARTIAL;
    frame_put_with_type(mfn);
}

__attribute__((noinline)) uint32_t table_next_present(const pte_t *entries, uint32_t index) {
    while (index < TABLE_ENTRIES && none_present(&entries[index])) {
        index += ENTRY_GROUP;
    }
    return index;
}

/* Take what the entries need, up to one that is refused. Returns its index, or TABLE_ENTRIES. */
static uint32_t get_entries(struct domain *domain, const pte_t *entries, uint32_t *reason) {
    for (uint32_t group = 0; (group = table_next_present(entries, group)) < TABLE_ENTRIES; group += ENTRY_GROUP) {
        for (uint32_t index = group; index < group + ENTRY_GROUP; index++) {
            if (!l1e_get(domain, guest_entry_load(&entries[index]), reason)) {
                return index;
            }
        }
    }
    return TABLE_ENTRIES;
}

static int check_l1(struct domain *domain, mfn_t mfn) {
    const pte_t *entries = map_frame(mfn);
    uint32_t reason = TRACE_REFUSAL_none, index = get_entries(domain, entries, &reason);

    direct_spend(&domain->direct, index);
    if (index != TABLE_ENTRIES) {
        pte_t entry = guest_entry_load(&entries[index]);

        undo_l1(domain, mfn, entries, index);
        unmap_frame(entries);
        return table_refuse(domain, reason, mfn, index, entry);
    }
    unmap_frame(entries);
    finish(domain, mfn);
    return 0;
}

/* From where the last call stopped, or the beginning. */
static int check_l2(struct domain *domain, mfn_t mfn) {
    struct frame *frame = frame_of(mfn);
    pte_t *entries = map_frame(mfn);
    uint32_t index = frame->directory.checked;
    int result = 0;

    for (; index < HYPERVISOR_L2_FIRST && result == 0; index++) {
        if (domain->direct.budget == 0) {
            frame->directory.checked = index;
            unmap_frame(entries);
            return -XEN_ERESTART;
        }
        if (index % ENTRY_GROUP == 0 && none_present(&entries[index])) {
            direct_spend(&domain->direct, ENTRY_GROUP);
            index += ENTRY_GROUP - 1;
            continue;
        }
        direct_spend(&domain->direct, 1);
        result = directory_get(domain, mfn, index, guest_entry_load(&entries[index]));
    }
    if (result == 0) {
        layout_init_root(entries, &domain->area);
        finish(domain, mfn);
    } else {
        struct refusal refusal = domain->direct.refusal;

        table_leave(domain, mfn, index - 1);
        domain->direct.refusal = refusal;
    }
    unmap_frame(entries);
    return result;
}

/* A general reference for a table, besides those that keep the frame alive. */
static bool count_up(struct frame *frame) {
    if (frame->count == UINT32_MAX || frame->type_count == UINT32_MAX) {
        return false;
    }
    frame->count++;
    frame->type_count++;
    return true;
}

int table_get(struct domain *domain, mfn_t mfn, enum frame_type type) {
    if (!frame_owned_by(domain->id, mfn)) {
        return table_refuse(domain, TRACE_REFUSAL_table_not_owned, mfn, 0, 0);
    }
    struct frame *frame = frame_of(mfn);

    if (__builtin_expect(frame->type_count != 0, 1)) {
        if (frame->type != type || (frame->flags & FRAME_LEAVING)) {
            return table_refuse(domain, TRACE_REFUSAL_table_busy, mfn, 0, 0);
        }
        if (__builtin_expect(!(frame->flags & FRAME_PARTIAL), 1)) {
            return count_up(frame) ? 0 : table_refuse(domain, TRACE_REFUSAL_count_limit, mfn, 0, 0);
        }
    } else if (frame->count == UINT32_MAX) {
        return table_refuse(domain, TRACE_REFUSAL_count_limit, mfn, 0, 0);
    } else {
        begin(domain, mfn, type);
    }
    return type == FRAME_L1 ? check_l1(domain, mfn) : check_l2(domain, mfn);
}

void table_put(struct domain *domain, mfn_t mfn) {
    struct frame *frame = frame_of(mfn);

    if (frame->type_count == 1) {
        table_leave(domain, mfn, frame->type == FRAME_L1 ? TABLE_ENTRIES : HYPERVISOR_L2_FIRST);
    } else {
        frame_put_with_type(mfn);
    }
}
