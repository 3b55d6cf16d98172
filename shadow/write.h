/*
 * write.h - a guest table entry changed: bring its shadow entries into line.
 *
 * Nothing is filled here: a shadow entry keeps at most what it had (propagate.h, retained). What is lost is put off
 * until the guest flushes (F1).
 * Callers: emulate_target.h for stores, sync.c and oos.c for tables that were out of sync, the host through
 * shadow_write_entry and shadow_frame_written.
 */
#ifndef SHADOW_WRITE_H
#define SHADOW_WRITE_H

#include "shadow/hash.h"
#include "shadow/oos.h"

/* The guest table behind this page, L1 or L2, holds value at index now. */
void leaf_entry_changed(struct shadow *shadow, struct shadow_page *page, uint32_t index, pte_t value);
void link_entry_changed(struct shadow *shadow, struct shadow_page *page, uint32_t index, pte_t value);

/* The same for every page of guest table mfn. In line: mostly there is one, and nothing in it for the entry yet. */
static inline void entry_changed(struct shadow *shadow, mfn_t mfn, uint32_t index, pte_t value) {
    struct shadow_page *page, *as_l2 = NULL;
    uint32_t i;

    for (i = shadow->hash[hash_bucket(mfn.n, shadow->hash_shift)]; i != NONE; i = page->hash_next) {
        page = &shadow->pages[i];
        if (page->frame == mfn.n && page->kind == KIND_L1) {
            oos_note(shadow, page, index, value);
            if (__builtin_expect(shadow->memory[(i << TABLE_SHIFT) + index] != 0, 0)) {
                leaf_entry_changed(shadow, page, index, value);
            }
        } else if (page->frame == mfn.n && page->kind == KIND_L2) {
            as_l2 = page;
        }
    }
    if (__builtin_expect(as_l2 != NULL, 0)) { /* last: it may free the L1 page */
        link_entry_changed(shadow, as_l2, index, value);
    }
}

/* Bring all entries of an out-of-sync page into line with the guest table; it stays out of sync. */
void refresh_page(struct shadow *shadow, struct shadow_page *page);

/* The entries of a table that an access of size bytes (1-8) at offset touches, as they were before it. */
struct touched {
    uint32_t first;
    uint32_t count;   /* 1-3 */
    pte_t before[3];
};

/* Take note of entries before a store; offset + size stays within the table. */
void note_touched(const pte_t *table, uint32_t offset, uint32_t size, struct touched *touched);
/* After the store: record and propagate what changed. table: mapped frame mfn; via: enum write_via. */
void propagate_touched(struct shadow *shadow, mfn_t mfn, const pte_t *table, const struct touched *touched,
                       uint32_t via);

#endif
