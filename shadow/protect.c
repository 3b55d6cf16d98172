/* protect.c - take away what maps a frame. Rules and callers: protect.h. */
#include "shadow/protect.h"

#include "shadow/guest_entry.h"
#include "shadow/rmap.h"
#include "shadow/set.h"
#include "shadow/superframe.h"

/*
 * Give the entry a lesser value, and collect what must be forgotten. A reference refused for the lesser one: no entry
 * at all.
 */
static void lessen(struct shadow *shadow, struct shadow_page *page, uint32_t index, pte_t value,
                   struct forget *forget) {
    pte_t *entry = page_table(shadow, page) + index;
    uint32_t lost = set_entry(shadow, entry, value);

    if (lost == SET_REFUSED) {
        lost = set_entry(shadow, entry, 0);
    }
    if (lost != 0) {
        must_forget(shadow, page, index, lost, forget);
    }
}

void remove_superpages(struct shadow *shadow, uint32_t frame, pte_t rights, struct forget *forget) {
    uint32_t key = superframe_key(frame), node, next;

    for (node = rmap_first(shadow, key); node != NONE; node = next) {
        uint32_t location = shadow->nodes[node].location;

        next = rmap_next(shadow, key, shadow->nodes[node].next);
        if (guest_entry_load(shadow->memory + location) & rights) {
            lessen(shadow, location_page(shadow, location), location_entry(location), 0, forget);
            count(shadow, TRACE_COUNTER_superpage_splits);
        }
    }
}

void take_write_right(struct shadow *shadow, mfn_t mfn, struct forget *forget) {
    uint32_t node, next;

    for (node = rmap_first(shadow, mfn.n); node != NONE; node = next) {
        uint32_t location = shadow->nodes[node].location;
        struct shadow_page *page = location_page(shadow, location);
        uint32_t index = location_entry(location);
        pte_t entry = guest_entry_load(page_table(shadow, page) + index);

        next = rmap_next(shadow, mfn.n, shadow->nodes[node].next);
        lessen(shadow, page, index, entry & ~(PTE_W | PTE_A | PTE_D), forget);
    }
    if (__builtin_expect(has_superpages(shadow, mfn.n, true), 0)) {
        remove_superpages(shadow, mfn.n, PTE_W, forget);
    }
}

void protect_frame(struct shadow *shadow, mfn_t mfn) {
    struct forget forget = {0};

    take_write_right(shadow, mfn, &forget);
    forget_now(shadow, &forget, LOST_WRITE, TRACE_CAUSE_write_protect);
}

void protect_frame_before_flush(struct shadow *shadow, mfn_t mfn) {
    struct forget forget = {.only_global = true};

    take_write_right(shadow, mfn, &forget);
    forget_now(shadow, &forget, globally(LOST_WRITE), TRACE_CAUSE_write_protect);
}

/* The entries of one leaf page. */
static void remove_from_page(struct shadow *shadow, struct shadow_page *page, mfn_t mfn, struct forget *forget) {
    const pte_t *table = page_table(shadow, page);
    uint32_t i, left = page->live;

    for (i = 0; left != 0 && i < TABLE_ENTRIES; i++) {
        pte_t entry = guest_entry_load(&table[i]);

        if (entry == 0) {
            continue;
        }
        left--;
        if (entry >> PAGE_SHIFT == mfn.n) {
            lessen(shadow, page, i, 0, forget);
        }
    }
}

/*
 * The reverse map holds the writable mappings only, so every leaf page is searched. A frame leaves its domain seldom,
 * and holding the read-only ones too would cost every fill.
 */
void remove_mappings(struct shadow *shadow, mfn_t mfn) {
    struct forget forget = {0};
    uint32_t i;

    for (i = 0; i < shadow->pool_frames; i++) {
        struct shadow_page *page = &shadow->pages[i];

        if (page->kind == KIND_L1 || page->kind == KIND_FL1) {
            remove_from_page(shadow, page, mfn, &forget);
        }
    }
    remove_superpages(shadow, mfn.n, PTE_P, &forget);
    forget_now(shadow, &forget, LOST_TRANSLATION, TRACE_CAUSE_permission_removed);
}
