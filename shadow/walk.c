/*
 * walk.c - the walker. Rules and callers: walk.h.
 * Source: Intel SDM volume 3, 4.3 (32-bit paging), 4.6 (rights), 4.7 (error code), 4.8 (accessed and dirty).
 */
#include "shadow/walk.h"

#include <string.h>

#include "shadow/dirty.h"
#include "shadow/guest_entry.h"
#include "shadow/propagate.h"

_Static_assert(FAULT_PRESENT == PTE_P && FAULT_WRITE == PTE_W && FAULT_USER == PTE_U,
               "an access and the rights that it needs are the same bits");

/* A 4 MiB page. */
static __attribute__((noinline)) bool walk_large(struct shadow *shadow, struct walk *walk) {
    pte_t needed = PTE_P | walk->access;

    walk->large = true;
    walk->l1e = 0;
    walk->l1_entry = NULL;
    walk->error = walk->access;
    if (walk->l2e & PDE_LARGE_RESERVED) {
        walk->error |= FAULT_PRESENT | FAULT_RESERVED; /* G3 */
        return false;
    }
    if ((walk->l2e & needed) != needed) {
        walk->error |= FAULT_PRESENT;
        return false;
    }
    return shadow_port_frame_of(shadow->domain, (gfn_t){large_frame(walk->l2e).n + l1_index(walk->linear)},
                                &walk->frame);
}

/* The tables end before an L1 entry. */
static bool no_entry(struct walk *walk) {
    walk->error = walk->access;
    walk->l1e = 0;
    walk->l1_entry = NULL;
    return false;
}

bool walk_begin(struct shadow *shadow, uint32_t linear, uint32_t access, struct walk *walk) {
    pte_t needed = PTE_P | access, both, *table;

    walk->linear = linear;
    walk->access = access;
    walk->large = false;
    if (__builtin_expect(linear >= shadow->linear_end, 0)) {
        walk->l2e = 0;
        return no_entry(walk);
    }
    walk->l2e = guest_entry_load(&shadow->base_table[l2_index(linear)]);
    if (!(walk->l2e & PTE_P)) {
        return no_entry(walk);
    }
    if (__builtin_expect(is_large(walk->l2e), 0)) {
        return walk_large(shadow, walk);
    }
    if (!shadow_port_frame_of(shadow->domain, entry_frame(walk->l2e), &walk->l1_table) ||
        !shadow_port_owns(shadow->domain, walk->l1_table)) {
        return no_entry(walk); /* G1 */
    }
    table = shadow_port_map(walk->l1_table);
    walk->l1_entry = &table[l1_index(linear)];
    walk->l1e = guest_entry_load(walk->l1_entry);
    both = walk->l2e & walk->l1e;
    if ((both & needed) != needed) {
        walk->error = access | (walk->l1e & PTE_P);
        return false;
    }
    walk->error = access;
    return shadow_port_frame_of(shadow->domain, entry_frame(walk->l1e), &walk->frame); /* or else G1 */
}

static bool mark_entry(struct shadow *shadow, pte_t *entry, pte_t *seen, pte_t bits, mfn_t table, pte_t *marked) {
    if ((*seen & bits) == bits) {
        return true;
    }
    if (!guest_entry_swap(entry, *seen, *seen | bits)) {
        return false;
    }
    trace_shadow_writeback(table.n, (uint32_t)((uintptr_t)entry % PAGE_SIZE / sizeof(pte_t)), *seen, *seen | bits);
    note_written(shadow, table); /* W3 */
    count(shadow, TRACE_COUNTER_writebacks);
    *marked |= bits & ~*seen;
    *seen |= bits;
    return true;
}

__attribute__((noinline)) bool walk_mark(struct shadow *shadow, struct walk *walk, pte_t *marked) {
    pte_t leaf = PTE_A | (walk->access & FAULT_WRITE ? PTE_D : 0), *l2_entry =
        &shadow->base_table[l2_index(walk->linear)];

    if (walk->large) {
        return mark_entry(shadow, l2_entry, &walk->l2e, leaf, shadow->base, marked);
    }
    return mark_entry(shadow, l2_entry, &walk->l2e, PTE_A, shadow->base, marked) &&
           mark_entry(shadow, walk->l1_entry, &walk->l1e, leaf, walk->l1_table, marked);
}

__attribute__((noinline)) bool walk_for_reading(struct shadow *shadow, uint32_t linear, struct walk *walk) {
    pte_t marked = 0;

    for (;;) {
        if (!walk_begin(shadow, linear, 0, walk) || !shadow_port_owns(shadow->domain, walk->frame)) {
            walk_end(walk);
            return false;
        }
        if (walk_is_marked(walk) || walk_mark(shadow, walk, &marked)) {
            return true;
        }
        walk_end(walk); /* S11 */
    }
}

bool walk_readable(struct shadow *shadow, uint32_t linear, mfn_t *frame) {
    struct walk walk;

    if (!walk_for_reading(shadow, linear, &walk)) {
        return false;
    }
    walk_end(&walk);
    *frame = walk.frame;
    return true;
}

bool walk_read(struct shadow *shadow, uint32_t linear, void *to, uint32_t len) {
    const uint8_t *page;
    mfn_t frame;

    if (!walk_readable(shadow, linear, &frame)) {
        return false;
    }
    page = shadow_port_map(frame);
    memcpy(to, page + linear % PAGE_SIZE, len);
    shadow_port_unmap(page);
    return true;
}
