/*
 * set_first.h - the frequent part of the one writer (rule S2): a leaf entry comes where there was none.
 *
 * In line, because prefetch.c writes a row of such entries. Callers: set.c and prefetch.c; all others call set_entry.
 */
#ifndef SHADOW_SET_FIRST_H
#define SHADOW_SET_FIRST_H

#include "shadow/guest_entry.h"
#include "shadow/rmap.h"
#include "shadow/set.h"

static inline mfn_t frame_of_entry(pte_t entry) {
    return (mfn_t){entry >> PAGE_SHIFT};
}

/*
 * A leaf entry of page is to be value, which is global: that is noted. What is not the domain's own memory is not mapped
 * globally (F9): the value without G then.
 */
pte_t note_global(struct shadow *shadow, struct shadow_page *page, pte_t value);

/*
 * From nothing to value, present: nobody else writes an entry that is not present. page: a leaf, location: of the
 * entry. Nothing is lost by it; SET_REFUSED as set_entry.
 */
static inline uint32_t set_first(struct shadow *shadow, struct shadow_page *page, uint32_t location, pte_t *entry,
                                 pte_t value) {
    if (__builtin_expect(value & PTE_G, 0)) {
        value = note_global(shadow, page, value);
    }
    if (!shadow_port_get_frame(shadow->domain, frame_of_entry(value), (value & PTE_W) != 0)) {
        return SET_REFUSED;
    }
    shadow->references++;
    if (value & PTE_W) {
        rmap_add(shadow, value >> PAGE_SHIFT, location);
    }
    guest_entry_store(entry, value);
    page->live++;
    return 0;
}

#endif
