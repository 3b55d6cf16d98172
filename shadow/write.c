/* write.c - a guest table entry changed. Rules and callers: write.h. */
#include "shadow/write.h"

#include <stdint.h>

#include <xen/errno.h>

#include "shadow/dirty.h"
#include "shadow/flush.h"
#include "shadow/guest_entry.h"
#include "shadow/hash.h"
#include "shadow/propagate.h"
#include "shadow/set.h"
#include "shadow/splinter.h"
#include "shadow/unshadow.h"

void leaf_entry_changed(struct shadow *shadow, struct shadow_page *page, uint32_t index, pte_t value) {
    pte_t *place = page_table(shadow, page) + index, entry = guest_entry_load(place);
    uint32_t lost;
    mfn_t mfn;

    if (entry == 0) {
        return;
    }
    if (!(value & PTE_P) || !shadow_port_frame_of(shadow->domain, entry_frame(value), &mfn)) {
        value = 0;
    } else {
        value = retained(entry, propagate_l1(value, mfn, false, shadow->passed_on));
    }
    lost = set_entry(shadow, place, value);
    if (lost == SET_REFUSED) {
        lost = set_entry(shadow, place, 0);
    }
    put_off(shadow, lost);
}

/* Does guest L2 entry value still belong to the leaf page that is linked? */
static bool links_to(struct shadow *shadow, pte_t value, const struct shadow_page *leaf) {
    mfn_t mfn;

    if (is_large(value)) {
        return holds_pieces_of(leaf, value);
    }
    return leaf->kind == KIND_L1 && shadow_port_frame_of(shadow->domain, entry_frame(value), &mfn) && mfn.n ==
        leaf->frame;
}

/* A superpage stays as it is, or goes; what it has lost comes back by a fault. */
static __attribute__((noinline, cold)) void superpage_entry_changed(struct shadow *shadow, struct shadow_page *root,
                                                                    uint32_t index, pte_t value) {
    pte_t entry = guest_entry_load(page_table(shadow, root) + index) & ~(PTE_A | PTE_D);
    mfn_t first;

    if ((value & PTE_P) && is_large(value) &&
        shadow_port_superframe_of(shadow->domain, large_frame(value), &first) &&
        retained(entry, propagate_superpage(value, first, shadow->passed_on)) == entry) {
        return;
    }
    clear_link(shadow, root, index, TRACE_FREE_REASON_unshadow_write);
}

void link_entry_changed(struct shadow *shadow, struct shadow_page *page, uint32_t index, pte_t value) {
    pte_t *place = page_table(shadow, page) + index, link, wanted = 0;

    if (index >= HYPERVISOR_L2_FIRST) {
        return; /* G4 */
    }
    link = guest_entry_load(place);
    if (link == 0) {
        return;
    }
    if (__builtin_expect(link & PTE_PS, 0)) {
        superpage_entry_changed(shadow, page, index, value);
        return;
    }
    if ((value & PTE_P) && links_to(shadow, value, linked_page(shadow, link))) {
        wanted = retained(link, propagate_l2(value, (smfn_t){link >> PAGE_SHIFT}));
    }
    if (wanted == 0) {
        clear_link(shadow, page, index, TRACE_FREE_REASON_unshadow_write);
    } else {
        put_off(shadow, set_entry(shadow, place, wanted));
    }
}

void refresh_page(struct shadow *shadow, struct shadow_page *page) {
    const pte_t *entries;
    uint32_t i;

    if (page->live == 0) {
        return;
    }
    entries = shadow_port_map((mfn_t){page->frame});
    for (i = 0; i < guest_entries(page); i++) {
        if (page->kind == KIND_L2) {
            link_entry_changed(shadow, page, i, guest_entry_load(&entries[i]));
        } else {
            leaf_entry_changed(shadow, page, i, guest_entry_load(&entries[i]));
        }
    }
    shadow_port_unmap(entries);
}

void note_touched(const pte_t *table, uint32_t offset, uint32_t size, struct touched *touched) {
    uint32_t i, last = (offset + size - 1) / sizeof(pte_t);

    touched->first = offset / sizeof(pte_t);
    touched->count = last - touched->first + 1;
    for (i = 0; i < touched->count; i++) {
        touched->before[i] = guest_entry_load(&table[touched->first + i]);
    }
}

void propagate_touched(struct shadow *shadow, mfn_t mfn, const pte_t *table, const struct touched *touched,
                       uint32_t via) {
    uint32_t i;

    for (i = 0; i < touched->count; i++) {
        uint32_t index = touched->first + i;
        pte_t now = guest_entry_load(&table[index]);

        if (now != touched->before[i]) {
            trace_shadow_guest_write(mfn.n, index, touched->before[i], now, via);
            entry_changed(shadow, mfn, index, now);
        }
    }
}

/* Out of line: most entries that hypercalls write are those of tables without a shadow. */
static __attribute__((noinline)) void shadowed_entry_changed(struct shadow *shadow, mfn_t table, uint32_t index,
                                                             pte_t value) {
    entry_changed(shadow, table, index, value);
}

/* The guest's entry was old and is new now. */
static inline void entry_written(struct shadow *shadow, mfn_t table, uint32_t index, pte_t old, pte_t new,
                                 uint32_t via) {
    count(shadow, TRACE_COUNTER_explicit_updates);
    if (new != old || shadow->policy == SHADOW_ANNOUNCE) {
        trace_shadow_guest_write(table.n, index, old, new, via);
        if (may_be_shadowed(shadow, table)) {
            shadowed_entry_changed(shadow, table, index, new);
        }
    }
}

int shadow_write_entry(struct shadow *shadow, mfn_t table, uint32_t index, pte_t value, bool preserve_ad,
                       uint32_t via) {
    pte_t *entries, old, new;

    if (index >= TABLE_ENTRIES || !shadow_port_owns(shadow->domain, table)) {
        return -XEN_EINVAL;
    }
    entries = shadow_port_map(table);
    do {
        old = guest_entry_load(&entries[index]);
        new = preserve_ad ? value | (old & (PTE_A | PTE_D)) : value;
    } while (!guest_entry_swap(&entries[index], old, new));
    shadow_port_unmap(entries);
    entry_written(shadow, table, index, old, new, via);
    return 0;
}

int shadow_clear_entry(struct shadow *shadow, mfn_t table, uint32_t index, pte_t expected, uint32_t via) {
    pte_t *entries, old;
    bool done;

    if (index >= TABLE_ENTRIES || !shadow_port_owns(shadow->domain, table)) {
        return -XEN_EINVAL;
    }
    entries = shadow_port_map(table);
    old = guest_entry_load(&entries[index]);
    done = same_mapping(old, expected) && guest_entry_swap(&entries[index], old, 0);
    shadow_port_unmap(entries);
    if (!done) {
        return -XEN_EINVAL;
    }
    entry_written(shadow, table, index, old, 0, via);
    return 0;
}

void shadow_frame_written(struct shadow *shadow, mfn_t mfn) {
    const pte_t *entries;
    uint32_t i;

    note_written(shadow, mfn); /* W3 */
    if (hash_find(shadow, KIND_L1, mfn.n, 0) == NULL && hash_find(shadow, KIND_L2, mfn.n, 0) == NULL) {
        return;
    }
    entries = shadow_port_map(mfn);
    for (i = 0; i < TABLE_ENTRIES; i++) {
        entry_changed(shadow, mfn, i, guest_entry_load(&entries[i]));
    }
    shadow_port_unmap(entries);
}
