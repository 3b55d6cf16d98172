/* fill.c - shadow entries for one walk. Rules and callers: fill.h. */
#include "shadow/fill.h"

#include "shadow/flush.h"
#include "shadow/guest_entry.h"
#include "shadow/hash.h"
#include "shadow/make.h"
#include "shadow/pool.h"
#include "shadow/propagate.h"
#include "shadow/set.h"
#include "shadow/splinter.h"
#include "shadow/unshadow.h"
#include "shadow/write.h"

#define USED (PTE_A | PTE_D) /* what the processor sets in a shadow entry */

/* Is page what the walk's L2 entry must be linked to? */
static bool is_right_leaf(const struct shadow_page *page, const struct walk *walk) {
    if (walk->large) {
        return holds_pieces_of(page, walk->l2e);
    }
    return page->kind == KIND_L1 && page->frame == walk->l1_table.n;
}

static struct shadow_page *find_leaf(struct shadow *shadow, const struct walk *walk) {
    if (walk->large) {
        return hash_find(shadow, KIND_FL1, large_frame(walk->l2e).n, splinter_attributes(walk->l2e));
    }
    return hash_find(shadow, KIND_L1, walk->l1_table.n, 0);
}

static struct shadow_page *make_leaf(struct shadow *shadow, const struct walk *walk, uint32_t *path) {
    if (walk->large) {
        *path |= TRACE_FAULT_PATH_splinter;
        count(shadow, TRACE_COUNTER_splinters);
        return make_page(shadow, KIND_FL1, large_frame(walk->l2e).n, splinter_attributes(walk->l2e));
    }
    return make_page(shadow, KIND_L1, walk->l1_table.n, 0);
}

/*
 * Write the link. An out-of-sync leaf holds what a TLB may still hold for the addresses under which it was reached until now; under
 * a new address, or with new rights, no TLB could hold that, so first it is brought into line (S8).
 */
static void write_link(struct shadow *shadow, struct shadow_page *root, uint32_t index, struct shadow_page *leaf, pte_t link) {
    if (leaf->out_of_sync) {
        refresh_leaf(shadow, leaf);
    }
    put_off(shadow, set_entry(shadow, root, index, link));
}

/*
 * The leaf page for the walk, linked in the current root. *made: a guest table came under protection, its entry must be read
 * again.
 */
static __attribute__((noinline)) struct shadow_page *link_leaf(struct shadow *shadow, const struct walk *walk, uint32_t *path, bool *made) {
    struct shadow_page *root = shadow->root_page, *leaf;
    uint32_t index = l2_index(walk->linear);
    pte_t link = guest_entry_load(&shadow->root_table[index]), wanted;

    if (__builtin_expect(link != 0, 1)) {
        leaf = linked_page(shadow, link);
        if (__builtin_expect(is_right_leaf(leaf, walk), 1)) {
            wanted = propagate_l2(walk->l2e, (smfn_t){page_smfn(shadow, leaf)});
            if ((link & ~USED) == wanted) {
                return leaf;
            }
            write_link(shadow, root, index, leaf, wanted);
            *path |= TRACE_FAULT_PATH_fill_l2;
            return leaf;
        }
        clear_link(shadow, root, index, TRACE_FREE_REASON_kind_changed);
    }
    leaf = find_leaf(shadow, walk);
    if (leaf == NULL) {
        leaf = make_leaf(shadow, walk, path);
        *made = !walk->large;
    }
    write_link(shadow, root, index, leaf, propagate_l2(walk->l2e, (smfn_t){page_smfn(shadow, leaf)}));
    count(shadow, TRACE_COUNTER_fills_l2);
    *path |= TRACE_FAULT_PATH_fill_l2;
    return leaf;
}

/* The leaf entry. Write access is given as far as it needs no second fault, and left out when only reading is allowed (G2). */
static enum fill fill_leaf(struct shadow *shadow, struct shadow_page *leaf, const struct walk *walk, bool table) {
    uint32_t index = l1_index(walk->linear);
    pte_t entry = guest_entry_load(page_table(shadow, leaf) + index), wanted;
    uint32_t lost;

    if (walk->large) {
        wanted = propagate_fl1(leaf->attributes, walk->frame, table);
        if ((~walk->l2e & (PTE_W | PTE_D)) && !(entry & PTE_W)) {
            wanted &= ~PTE_W; /* nobody needs a writable reference yet */
        }
    } else {
        wanted = propagate_l1(walk->l1e, walk->frame, table);
    }
    if ((entry & ~USED) == wanted) {
        return FILL_NOTHING;
    }
    lost = set_entry(shadow, leaf, index, wanted);
    if (lost == SET_REFUSED && (wanted & PTE_W) && !(walk->access & FAULT_WRITE)) {
        wanted &= ~PTE_W;
        if ((entry & ~USED) == wanted) {
            return FILL_NOTHING;
        }
        lost = set_entry(shadow, leaf, index, wanted);
    }
    if (lost == SET_REFUSED) {
        return FILL_REFUSED;
    }
    put_off(shadow, lost);
    count(shadow, TRACE_COUNTER_fills_l1);
    pool_touch(shadow, leaf);
    return FILL_DONE;
}

/*
 * The leaf page behind a link that already gives what this access needs; NULL: there is none. In a root that is in sync a link is in line
 * with the guest's entry (S3), so it leads to the right page.
 */
static inline struct shadow_page *linked_leaf(const struct shadow *shadow, const struct walk *walk) {
    pte_t link = guest_entry_load(&shadow->root_table[l2_index(walk->linear)]), needed = PTE_P | walk->access;

    return (link & needed) == needed && !shadow->root_page->out_of_sync ? linked_page(shadow, link) : NULL;
}

enum fill fill(struct shadow *shadow, const struct walk *walk, bool table, uint32_t *path) {
    struct shadow_page *leaf = linked_leaf(shadow, walk);
    enum fill result;
    bool made = false;

    if (__builtin_expect(leaf == NULL, 0)) {
        leaf = link_leaf(shadow, walk, path, &made);
        if (made) {
            return FILL_AGAIN;
        }
    }
    result = fill_leaf(shadow, leaf, walk, table);
    if (result == FILL_DONE) {
        *path |= TRACE_FAULT_PATH_fill_l1;
    } else if (result == FILL_NOTHING && (*path & TRACE_FAULT_PATH_fill_l2)) {
        result = FILL_DONE;
    }
    return result;
}
