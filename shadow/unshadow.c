/* unshadow.c - the end of a shadow page. Rules and callers: unshadow.h. */
#include "shadow/unshadow.h"

#include <string.h>

#include "shadow/flush.h"
#include "shadow/guest_entry.h"
#include "shadow/hash.h"
#include "shadow/oos.h"
#include "shadow/pool.h"
#include "shadow/protect.h"
#include "shadow/rmap.h"
#include "shadow/set.h"
#include "shadow/sync.h"

bool may_free(struct shadow *shadow, const struct shadow_page *page) {
    return page->kind != KIND_L2 || (page_index(shadow, page) != shadow->root &&
           !shadow_port_root_loaded(shadow->domain, (smfn_t){page_smfn(shadow, page)}));
}

/* The page, empty and without links, becomes free. */
static void give_back(struct shadow *shadow, struct shadow_page *page, uint32_t reason) {
    trace_shadow_free(page->kind, page->frame, page_smfn(shadow, page), reason);
    count(shadow, TRACE_COUNTER_freed);
    hash_remove(shadow, page);
    list_remove(shadow, LIST_RECENT, page);
    if (page->sync == UNSYNCED_OOS) {
        oos_forget(shadow, page);
    }
    set_sync(shadow, page, SYNCED);
    page->kind = KIND_FREE;
    page->attributes = 0;
    page->frame = 0;
    pool_give(shadow, page);
}

static void free_leaf(struct shadow *shadow, struct shadow_page *page, uint32_t reason) {
    pte_t *table = page_table(shadow, page);
    uint32_t smfn = page_smfn(shadow, page), node, next, i;

    for (node = rmap_first(shadow, smfn); node != NONE; node = next) {
        next = rmap_next(shadow, smfn, shadow->nodes[node].next);
        put_off(shadow, set_entry(shadow, shadow->memory + shadow->nodes[node].location, 0));
    }
    for (i = 0; page->live != 0 && i < TABLE_ENTRIES; i++) {
        if (table[i] != 0) {
            put_off(shadow, set_entry(shadow, &table[i], 0));
        }
    }
    give_back(shadow, page, reason);
}

void clear_link(struct shadow *shadow, struct shadow_page *root, uint32_t index, uint32_t reason) {
    pte_t *link = page_table(shadow, root) + index;
    struct shadow_page *child = *link & PTE_PS ? NULL : linked_page(shadow, *link);

    put_off(shadow, set_entry(shadow, link, 0));
    if (child != NULL && child->parents == 0) {
        free_leaf(shadow, child, reason);
    }
}

void empty_root(struct shadow *shadow, struct shadow_page *root, uint32_t reason) {
    const pte_t *table = page_table(shadow, root);
    uint32_t i;

    for (i = 0; root->live != 0 && i < HYPERVISOR_L2_FIRST; i++) {
        if (table[i] != 0) {
            clear_link(shadow, root, i, reason);
        }
    }
}

void unshadow_page(struct shadow *shadow, struct shadow_page *page, uint32_t reason) {
    if (page->kind != KIND_L2) {
        free_leaf(shadow, page, reason);
        return;
    }
    ENGINE_ASSERT(may_free(shadow, page), "S10: a root in use is to be freed");
    empty_root(shadow, page, reason);
    memset(page_table(shadow, page) + HYPERVISOR_L2_FIRST, 0, (TABLE_ENTRIES - HYPERVISOR_L2_FIRST) * sizeof(pte_t));
    give_back(shadow, page, reason);
}

bool unshadow_recycled(struct shadow *shadow, mfn_t mfn) {
    struct shadow_page *as_l1 = hash_find(shadow, KIND_L1, mfn.n, 0), *as_l2 = hash_find(shadow, KIND_L2, mfn.n, 0);

    if (as_l2 != NULL && !may_free(shadow, as_l2)) {
        return false;
    }
    if (as_l1 != NULL) {
        unshadow_page(shadow, as_l1, TRACE_FREE_REASON_flood);
    }
    if (as_l2 != NULL) {
        unshadow_page(shadow, as_l2, TRACE_FREE_REASON_flood);
    }
    return true;
}

void shadow_unpin(struct shadow *shadow, mfn_t gmfn) {
    struct shadow_page *page = hash_find(shadow, KIND_L2, gmfn.n, 0);

    if (page != NULL && may_free(shadow, page)) {
        unshadow_page(shadow, page, TRACE_FREE_REASON_unpin);
    }
    page = hash_find(shadow, KIND_L1, gmfn.n, 0);
    if (page != NULL) {
        unshadow_page(shadow, page, TRACE_FREE_REASON_unpin);
    }
}

void shadow_frame_released(struct shadow *shadow, mfn_t mfn) {
    struct shadow_page *page = hash_find(shadow, KIND_L2, mfn.n, 0);

    if (page != NULL && may_free(shadow, page)) {
        unshadow_page(shadow, page, TRACE_FREE_REASON_frame_released);
    } else if (page != NULL) {
        /* The frame goes, the root stays until the CPU has left it (S10): nothing of the guest is left in it. */
        empty_root(shadow, page, TRACE_FREE_REASON_frame_released);
        shadow_port_fail_domain(shadow->domain, "the domain gave away the frame of its current base pointer");
    }
    page = hash_find(shadow, KIND_L1, mfn.n, 0);
    if (page != NULL) {
        unshadow_page(shadow, page, TRACE_FREE_REASON_frame_released);
    }
    shadow->code_page = NO_CODE_PAGE;
    remove_mappings(shadow, mfn);
}
