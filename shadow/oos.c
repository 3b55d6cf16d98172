/* oos.c - L1 tables that are out of sync by choice. Rules and callers: oos.h. */
#include "shadow/oos.h"

#include <string.h>

#include "shadow/difference.h"
#include "shadow/guest_entry.h"
#include "shadow/hash.h"
#include "shadow/heat.h"
#include "shadow/protect.h"
#include "shadow/sync.h"
#include "shadow/write.h"

/* So many changed entries pay for copying and comparing (O5). */
#define WORTH 4u

/* The slot of the page with this index; NONE: one that is free. NULL: there is none. */
static const struct oos_slot *find_slot(const struct shadow *shadow, uint32_t page) {
    uint32_t i;

    for (i = 0; i < SHADOW_OOS_TABLES; i++) {
        if (shadow->oos[i].page == page) {
            return &shadow->oos[i];
        }
    }
    return NULL;
}

static struct oos_slot *slot_of(struct shadow *shadow, uint32_t page) {
    const struct oos_slot *slot = find_slot(shadow, page);

    return slot != NULL ? &shadow->oos[slot - shadow->oos] : NULL;
}

const pte_t *oos_snapshot(const struct shadow *shadow, const struct shadow_page *page) {
    const struct oos_slot *slot = find_slot(shadow, page_index(shadow, page));

    return slot != NULL ? slot->snapshot : NULL;
}

bool oos_begin(struct shadow *shadow, mfn_t mfn) {
    struct shadow_page *page = hash_find(shadow, KIND_L1, mfn.n, 0);
    struct oos_slot *slot = slot_of(shadow, NONE);
    const pte_t *table;

    if (page == NULL || slot == NULL || hash_find(shadow, KIND_L2, mfn.n, 0) != NULL) {
        return false;
    }
    slot->page = page_index(shadow, page);
    table = shadow_port_map(mfn);
    memcpy(slot->snapshot, table, TABLE_ENTRIES * sizeof(pte_t));
    shadow_port_unmap(table);
    set_sync(shadow, page, UNSYNCED_OOS);
    count(shadow, TRACE_COUNTER_oos_unsyncs);
    return true;
}

/* Did nothing change but accessed and dirty, from clear to set? The walker may have done that; it grants nothing. */
static bool only_marked(pte_t old, pte_t now) {
    return ((old ^ now) & ~(PTE_A | PTE_D)) == 0 && (old & ~now) == 0;
}

/* Bring what the guest has changed into line. Returns how many entries that were. */
static uint32_t compare(struct shadow *shadow, struct shadow_page *page, const pte_t *snapshot) {
    mfn_t mfn = {page->frame};
    const pte_t *table = shadow_port_map(mfn), *shadows = page_table(shadow, page);
    uint32_t i, changed = 0;

    for (i = first_difference(snapshot, table, 0); i < TABLE_ENTRIES; i = first_difference(snapshot, table, i + 1)) {
        pte_t now = guest_entry_load(&table[i]);

        if (!only_marked(snapshot[i], now)) {
            trace_shadow_guest_write(mfn.n, i, snapshot[i], now, TRACE_WRITE_VIA_resync);
            changed++;
            if (shadows[i] != 0) {
                leaf_entry_changed(shadow, page, i, now);
            }
        }
    }
    shadow_port_unmap(table);
    return changed;
}

void oos_end(struct shadow *shadow, struct shadow_page *page, bool flush_follows) {
    struct oos_slot *slot = slot_of(shadow, page_index(shadow, page));
    mfn_t mfn = {page->frame};
    uint32_t changed;

    /* first: what is stored after an entry was compared would go unseen */
    if (flush_follows) {
        protect_frame_before_flush(shadow, mfn);
    } else {
        protect_frame(shadow, mfn);
    }
    changed = compare(shadow, page, slot->snapshot);
    slot->page = NONE;
    set_sync(shadow, page, SYNCED);
    heat_set(shadow, mfn, changed >= WORTH ? HEAT_OOS - 1 : 0);
    count(shadow, TRACE_COUNTER_oos_resyncs);
    shadow->counters[TRACE_COUNTER_oos_entries] += changed;
    trace_shadow_resync(mfn.n, changed);
}

void oos_end_all(struct shadow *shadow) {
    uint32_t i;

    for (i = 0; i < SHADOW_OOS_TABLES; i++) {
        if (shadow->oos[i].page != NONE) {
            oos_end(shadow, &shadow->pages[shadow->oos[i].page], true);
        }
    }
}

void oos_forget(struct shadow *shadow, const struct shadow_page *page) {
    slot_of(shadow, page_index(shadow, page))->page = NONE;
}

void oos_note_entry(struct shadow *shadow, const struct shadow_page *page, uint32_t index, pte_t value) {
    slot_of(shadow, page_index(shadow, page))->snapshot[index] = value;
}
