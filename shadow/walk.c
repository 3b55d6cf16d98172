/*
 * walk.c - the walker. Rules and callers: walk.h.
 * Source: Intel SDM volume 3, 4.3 (32-bit paging), 4.6 (rights), 4.7 (error code), 4.8 (accessed and dirty).
 */
#include "shadow/walk.h"

#include <string.h>

#include "shadow/guest_entry.h"
#include "shadow/propagate.h"

bool entries_allow(pte_t l2e, pte_t l1e, uint32_t access, uint32_t *error) {
    pte_t both = is_large(l2e) ? l2e : l2e & l1e;

    *error = access;
    if (!(l2e & PTE_P)) {
        return false;
    }
    if (is_large(l2e) && (l2e & PDE_LARGE_RESERVED)) {
        *error = access | FAULT_PRESENT | FAULT_RESERVED;
        return false;
    }
    if (!(both & PTE_P)) {
        return false;
    }
    if (((access & FAULT_WRITE) && !(both & PTE_W)) || ((access & FAULT_USER) && !(both & PTE_U))) {
        *error = access | FAULT_PRESENT;
        return false;
    }
    return true;
}

/* The part below the L2 entry. False: the tables do not lead to a frame. */
static bool walk_down(struct shadow *shadow, struct walk *walk) {
    pte_t *table;

    if (is_large(walk->l2e)) {
        walk->large = true;
        return true;
    }
    if (!shadow_port_frame_of(shadow->domain, entry_frame(walk->l2e), &walk->l1_table) ||
        !shadow_port_owns(shadow->domain, walk->l1_table)) {
        return false; /* G1 */
    }
    table = shadow_port_map(walk->l1_table);
    walk->l1_entry = &table[l1_index(walk->linear)];
    walk->l1e = guest_entry_load(walk->l1_entry);
    return true;
}

static gfn_t walked_frame(const struct walk *walk) {
    if (walk->large) {
        return (gfn_t){large_frame(walk->l2e).n + l1_index(walk->linear)};
    }
    return entry_frame(walk->l1e);
}

bool walk_begin(struct shadow *shadow, uint32_t linear, uint32_t access, struct walk *walk) {
    pte_t *table;

    *walk = (struct walk){.linear = linear, .access = access, .error = access};
    if (linear >= HYPERVISOR_LINEAR_START || shadow->root == NONE) {
        return false;
    }
    table = shadow_port_map(shadow->base);
    walk->l2_entry = &table[l2_index(linear)];
    walk->l2e = guest_entry_load(walk->l2_entry);
    if ((walk->l2e & PTE_P) && !walk_down(shadow, walk)) {
        return false;
    }
    if (!entries_allow(walk->l2e, walk->l1e, access, &walk->error)) {
        return false;
    }
    if (!shadow_port_frame_of(shadow->domain, walked_frame(walk), &walk->frame)) {
        walk->error = access;
        return false; /* G1 */
    }
    return true;
}

static bool mark_entry(struct shadow *shadow, struct walk *walk, pte_t *entry, pte_t *seen, pte_t bits, mfn_t table) {
    if ((*seen & bits) == bits) {
        return true;
    }
    if (!guest_entry_swap(entry, *seen, *seen | bits)) {
        return false;
    }
    trace_shadow_writeback(table.n, (uint32_t)((uintptr_t)entry % PAGE_SIZE / sizeof(pte_t)), *seen, *seen | bits);
    count(shadow, TRACE_COUNTER_writebacks);
    walk->marked |= bits & ~*seen;
    *seen |= bits;
    return true;
}

bool walk_mark(struct shadow *shadow, struct walk *walk) {
    pte_t leaf = PTE_A | (walk->access & FAULT_WRITE ? PTE_D : 0);

    if (walk->large) {
        return mark_entry(shadow, walk, walk->l2_entry, &walk->l2e, leaf, shadow->base);
    }
    return mark_entry(shadow, walk, walk->l2_entry, &walk->l2e, PTE_A, shadow->base) &&
           mark_entry(shadow, walk, walk->l1_entry, &walk->l1e, leaf, walk->l1_table);
}

void walk_end(struct walk *walk) {
    if (walk->l1_entry != NULL) {
        shadow_port_unmap(walk->l1_entry);
    }
    if (walk->l2_entry != NULL) {
        shadow_port_unmap(walk->l2_entry);
    }
}

bool walk_read(struct shadow *shadow, uint32_t linear, void *to, uint32_t len) {
    struct walk walk;
    bool allowed, marked = false;
    const uint8_t *page;

    do {
        allowed = walk_begin(shadow, linear, 0, &walk) && shadow_port_owns(shadow->domain, walk.frame);
        if (allowed) {
            marked = walk_mark(shadow, &walk);
        }
        walk_end(&walk);
    } while (allowed && !marked);
    if (!allowed) {
        return false;
    }
    page = shadow_port_map(walk.frame);
    memcpy(to, page + linear % PAGE_SIZE, len);
    shadow_port_unmap(page);
    return true;
}
