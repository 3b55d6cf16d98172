/* fill.c - shadow entries for one walk. Rules and callers: fill.h. */
#include "shadow/fill.h"

#include "shadow/flush.h"
#include "shadow/guest_entry.h"
#include "shadow/hash.h"
#include "shadow/make.h"
#include "shadow/oos.h"
#include "shadow/pool.h"
#include "shadow/prefetch.h"
#include "shadow/propagate.h"
#include "shadow/set.h"
#include "shadow/splinter.h"
#include "shadow/superpage.h"
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
 * Write the link. An out-of-sync leaf holds what a TLB may still hold for the addresses under which it was reached
 * until now; under a new address, or with new rights, no TLB could hold that, so first it is brought into line (S8).
 */
static void write_link(struct shadow *shadow, uint32_t index, struct shadow_page *leaf, pte_t link) {
    if (leaf->sync == UNSYNCED || leaf->sync == UNSYNCED_OOS) {
        refresh_page(shadow, leaf);
    }
    put_off(shadow, set_entry(shadow, &shadow->root_table[index], link));
}

/*
 * Link the leaf page for the walk in the current root. Returns whether a guest table came under protection: its entry
 * must be read again.
 */
static __attribute__((noinline)) bool link_leaf(struct shadow *shadow, const struct walk *walk, uint32_t *path) {
    struct shadow_page *leaf;
    uint32_t index = l2_index(walk->linear);
    pte_t link = guest_entry_load(&shadow->root_table[index]);
    bool made = false;

    if (link != 0 && ((link & PTE_PS) || !is_right_leaf(linked_page(shadow, link), walk))) {
        clear_link(shadow, shadow->root_page, index, TRACE_FREE_REASON_kind_changed);
        link = 0;
    }
    leaf = link != 0 ? linked_page(shadow, link) : find_leaf(shadow, walk);
    if (leaf == NULL) {
        leaf = make_leaf(shadow, walk, path);
        made = !walk->large;
    }
    if (link == 0) {
        count(shadow, TRACE_COUNTER_fills_l2);
    } else if ((link & ~USED) == propagate_l2(walk->l2e, (smfn_t){page_smfn(shadow, leaf)})) {
        return false;
    }
    write_link(shadow, index, leaf, propagate_l2(walk->l2e, (smfn_t){page_smfn(shadow, leaf)}));
    *path |= TRACE_FAULT_PATH_fill_l2;
    return made;
}

/* The wanted leaf entry of a piece of a 4 MiB page. entry: what is there. */
static __attribute__((noinline)) pte_t wanted_piece(const struct walk *walk, pte_t entry, bool table) {
    pte_t wanted = propagate_fl1(splinter_attributes(walk->l2e), walk->frame, table);

    if ((~walk->l2e & (PTE_W | PTE_D)) && !(entry & PTE_W)) {
        wanted &= ~PTE_W; /* nobody needs a writable reference yet */
    }
    return wanted;
}

/* A writable reference was refused: when only reading is asked for, a read-only entry will do (G2). */
static __attribute__((noinline)) uint32_t set_read_only(struct shadow *shadow, pte_t *place, pte_t wanted) {
    wanted &= ~PTE_W;
    return (guest_entry_load(place) & ~USED) == wanted ? 0 : set_entry(shadow, place, wanted);
}

/* The leaf entry. Write access is given as far as it needs no second fault. */
static inline enum fill fill_leaf(struct shadow *shadow, pte_t *place, const struct walk *walk, bool table) {
    pte_t entry = guest_entry_load(place), wanted;
    uint32_t lost;

    wanted = __builtin_expect(walk->large, 0) ? wanted_piece(walk, entry, table)
        : propagate_l1(walk->l1e, walk->frame, table, shadow->passed_on);
    if (__builtin_expect((entry & ~USED) == wanted, 0)) {
        return FILL_NOTHING;
    }
    lost = set_entry(shadow, place, wanted);
    if (__builtin_expect(lost != 0, 0)) {
        if (lost == SET_REFUSED && (wanted & PTE_W) && !(walk->access & FAULT_WRITE)) {
            lost = set_read_only(shadow, place, wanted);
        }
        if (lost == SET_REFUSED) {
            return FILL_REFUSED;
        }
        put_off(shadow, lost);
    }
    count(shadow, TRACE_COUNTER_fills_l1);
    return FILL_DONE;
}

/*
 * A 4 MiB page in one piece, if it can be. False: it must be in pieces, and nothing is left of a superpage that was
 * there.
 */
static __attribute__((noinline, cold)) bool fill_superpage(struct shadow *shadow, const struct walk *walk,
                                                           enum fill *result, uint32_t *path) {
    uint32_t index = l2_index(walk->linear), lost;
    pte_t *place = &shadow->root_table[index], entry = guest_entry_load(place), wanted;

    wanted = wanted_superpage(shadow, walk->l2e);
    if (wanted != 0 && (entry & ~USED) == wanted) {
        *result = FILL_NOTHING;
        return true;
    }
    if (wanted == 0 && !(entry & PTE_PS)) {
        return false;
    }
    if (entry != 0) {
        clear_link(shadow, shadow->root_page, index, TRACE_FREE_REASON_kind_changed);
    }
    lost = wanted != 0 ? set_entry(shadow, place, wanted) : SET_REFUSED;
    if (lost == SET_REFUSED) {
        return false;
    }
    count(shadow, TRACE_COUNTER_superpages);
    *path |= TRACE_FAULT_PATH_fill_l2 | TRACE_FAULT_PATH_superpage;
    *result = FILL_DONE;
    return true;
}

/*
 * The link that already gives what this access needs; 0: there is none, or a superpage. In a root that is in sync a
 * link is in line with the guest's entry (S3), so it leads to the right page.
 */
static inline pte_t ready_link(const struct shadow *shadow, const struct walk *walk) {
    pte_t link = guest_entry_load(&shadow->root_table[l2_index(walk->linear)]), needed = PTE_P | walk->access;

    return (link & (needed | PTE_PS)) == needed && shadow->root_page->sync == SYNCED ? link : 0;
}

/* The leaf page that is filled now is reclaimed late. Mostly it is the one that was filled before. */
static inline void touch_leaf(struct shadow *shadow, pte_t link) {
    if (__builtin_expect(link >> PAGE_SHIFT != shadow->last_filled, 0)) {
        shadow->last_filled = link >> PAGE_SHIFT;
        pool_touch(shadow, linked_page(shadow, link));
    }
}

/* An entry of leaf was filled: what policy and switches want beside. */
static __attribute__((noinline)) void policy_of_fill(struct shadow *shadow, const struct walk *walk,
                                                     struct shadow_page *leaf, uint32_t *path) {
    oos_note(shadow, leaf, l1_index(walk->linear), walk->l1e);
    if ((shadow->switches & SHADOW_SWITCH_PREFETCH) && !walk->large && shadow->dirty == NULL) {
        prefetch(shadow, walk, leaf);
        *path |= TRACE_FAULT_PATH_prefetch;
    }
}

enum fill fill(struct shadow *shadow, const struct walk *walk, bool table, uint32_t *path) {
    pte_t link = ready_link(shadow, walk);
    enum fill result;

    if (__builtin_expect(link == 0, 0)) {
        if (__builtin_expect(walk->large, 0) && fill_superpage(shadow, walk, &result, path)) {
            return result;
        }
        if (link_leaf(shadow, walk, path)) {
            return FILL_AGAIN;
        }
        link = guest_entry_load(&shadow->root_table[l2_index(walk->linear)]);
    }
    touch_leaf(shadow, link);
    result = fill_leaf(shadow, linked_table(shadow, link) + l1_index(walk->linear), walk, table);
    if (__builtin_expect(result == FILL_DONE, 1)) {
        *path |= TRACE_FAULT_PATH_fill_l1;
        if (__builtin_expect(shadow->out_of_sync | (shadow->switches & SHADOW_SWITCH_PREFETCH), 0)) {
            policy_of_fill(shadow, walk, linked_page(shadow, link), path);
        }
    } else if (result == FILL_NOTHING && (*path & TRACE_FAULT_PATH_fill_l2)) {
        result = FILL_DONE;
    }
    return result;
}
