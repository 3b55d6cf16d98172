/* set.c - the one writer of shadow entries (rule S2). Rules and callers: set.h. */
#include "shadow/set.h"

#include "shadow/dirty.h"
#include "shadow/guest_entry.h"
#include "shadow/propagate.h"
#include "shadow/rmap.h"
#include "shadow/set_first.h"
#include "shadow/sample.h"
#include "shadow/superframe.h"

pte_t note_global(struct shadow *shadow, struct shadow_page *page, pte_t value) {
    if (!shadow_port_owns(shadow->domain, frame_of_entry(value))) {
        return value & ~PTE_G;
    }
    page->global = shadow->made_global = true;
    return value;
}

static bool same_frame(pte_t a, pte_t b) {
    return a != 0 && b != 0 && ((a ^ b) & PTE_FRAME_MASK) == 0;
}

/*
 * Exchange the entry, keeping the accessed bit that the processor may be setting. Returns the old value as it was at
 * the end.
 */
static pte_t exchange(pte_t *entry, pte_t value) {
    pte_t old;

    do {
        old = guest_entry_load(entry);
    } while (!guest_entry_swap(entry, old, value | (same_frame(old, value) ? old & PTE_A : 0)));
    return old;
}

static uint32_t what_is_lost(pte_t old, pte_t value) {
    uint32_t lost = 0;

    if (!(old & PTE_A)) {
        return 0;
    }
    if (!same_frame(old, value)) {
        lost = LOST_TRANSLATION | (old & PTE_W ? LOST_WRITE : 0);
    } else if (old & ~value & PTE_W) {
        lost = LOST_TRANSLATION | LOST_WRITE;
    } else if ((old & ~value & PTE_U) || ((old ^ value) & PTE_CACHE)) {
        lost = LOST_TRANSLATION;
    }
    if (old & PTE_G) {
        lost |= globally(value & PTE_G ? lost : LOST_TRANSLATION | (old & PTE_W ? LOST_WRITE : 0));
    }
    return lost;
}

static __attribute__((noinline)) uint32_t set_leaf(struct shadow *shadow, struct shadow_page *page, pte_t *entry,
                                                   pte_t value) {
    pte_t before = guest_entry_load(entry), old;
    bool keep_reference = same_frame(before, value) && !((before ^ value) & PTE_W);
    uint32_t location = location_of(shadow, entry);

    if (__builtin_expect(value & PTE_G, 0)) {
        value = note_global(shadow, page, value);
    }
    if (value != 0 && !keep_reference) {
        if (!shadow_port_get_frame(shadow->domain, frame_of_entry(value), (value & PTE_W) != 0)) {
            return SET_REFUSED;
        }
        shadow->references++;
        if (value & PTE_W) {
            rmap_add(shadow, value >> PAGE_SHIFT, location);
        }
    }
    old = exchange(entry, value);
    if (__builtin_expect(shadow->seen != NULL, 0) && !same_frame(old, value)) {
        note_used(shadow, old); /* A2 */
    }
    if (old != 0 && !keep_reference) {
        if (old & PTE_W) {
            rmap_remove(shadow, old >> PAGE_SHIFT, location);
        }
        shadow->references--;
        shadow_port_put_frame(shadow->domain, frame_of_entry(old), (old & PTE_W) != 0);
    }
    page->live += (value != 0) - (old != 0);
    return what_is_lost(old, value);
}

/* A superpage comes or goes. */
static __attribute__((noinline, cold)) uint32_t set_superpage(struct shadow *shadow, struct shadow_page *page,
                                                              pte_t *entry, pte_t value) {
    uint32_t location = location_of(shadow, entry);
    pte_t old;

    ENGINE_ASSERT((value == 0) != (guest_entry_load(entry) == 0), "a superpage is changed");
    if (value & PTE_G) {
        value = note_global(shadow, page, value);
    }
    if (value != 0 && !superframe_hold(shadow, value)) {
        return SET_REFUSED;
    }
    old = exchange(entry, value);
    if (value != 0) {
        rmap_add(shadow, superframe_key(value >> PAGE_SHIFT), location);
        page->live++;
        return 0;
    }
    rmap_remove(shadow, superframe_key(old >> PAGE_SHIFT), location);
    superframe_release(shadow, old);
    page->live--;
    return what_is_lost(old, value);
}

static __attribute__((noinline)) uint32_t set_link(struct shadow *shadow, struct shadow_page *page, pte_t *entry,
                                                   pte_t value) {
    uint32_t location = location_of(shadow, entry);
    pte_t old = exchange(entry, value);
    uint32_t lost = what_is_lost(old, value);

    if (!same_frame(old, value)) {
        if (value != 0) {
            rmap_add(shadow, value >> PAGE_SHIFT, location);
            linked_page(shadow, value)->parents++;
        }
        if (old != 0) {
            rmap_remove(shadow, old >> PAGE_SHIFT, location);
            linked_page(shadow, old)->parents--;
        }
    }
    if (lost && linked_page(shadow, old)->kind == KIND_FL1) {
        lost |= LOST_SPLINTER;
    }
    if (lost && linked_page(shadow, old)->global) {
        lost |= globally(lost);
    }
    page->live += (value != 0) - (old != 0);
    return lost;
}

/* A leaf entry while the log of dirty frames is on (W1). */
static __attribute__((noinline, cold)) uint32_t set_logged(struct shadow *shadow, struct shadow_page *page,
                                                           pte_t *entry, pte_t value) {
    return set_leaf(shadow, page, entry, withhold_write(shadow, value));
}

__attribute__((flatten)) uint32_t set_entry(struct shadow *shadow, pte_t *entry, pte_t value) {
    uint32_t location = location_of(shadow, entry);
    struct shadow_page *page = location_page(shadow, location);

    if (__builtin_expect(page->kind == KIND_L2, 0)) {
        return __builtin_expect((*entry | value) & PTE_PS, 0) ? set_superpage(shadow, page, entry, value)
                                                              : set_link(shadow, page, entry, value);
    }
    if (__builtin_expect(shadow->dirty != NULL, 0)) {
        return set_logged(shadow, page, entry, value);
    }
    if (__builtin_expect(value != 0 && *entry == 0, 1)) {
        return set_first(shadow, page, location, entry, value);
    }
    return set_leaf(shadow, page, entry, value);
}
