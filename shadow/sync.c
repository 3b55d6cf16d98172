/* sync.c - tables that the guest may write unseen (rule S8). Rules and callers: sync.h. */
#include "shadow/sync.h"

#include "shadow/guest_entry.h"
#include "shadow/hash.h"
#include "shadow/oos.h"
#include "shadow/policy.h"
#include "shadow/protect.h"
#include "shadow/unshadow.h"
#include "shadow/write.h"

static void unsync_page(struct shadow *shadow, struct shadow_page *page) {
    if (page != NULL && page->sync == SYNCED) {
        set_sync(shadow, page, UNSYNCED);
        count(shadow, TRACE_COUNTER_unshadows);
    }
}

void unsync(struct shadow *shadow, mfn_t mfn) {
    unsync_page(shadow, hash_find(shadow, KIND_L1, mfn.n, 0));
    unsync_page(shadow, hash_find(shadow, KIND_L2, mfn.n, 0));
}

/* The page's shadow is dropped; of a root in use, what it holds. */
static void drop(struct shadow *shadow, struct shadow_page *page) {
    uint32_t reason = shadow->policy == SHADOW_BRUTE ? TRACE_FREE_REASON_base_pointer
                                                     : TRACE_FREE_REASON_unshadow_write;

    if (may_free(shadow, page)) {
        unshadow_page(shadow, page, reason);
        return;
    }
    empty_root(shadow, page, reason);
    set_sync(shadow, page, sync_of_new_page(shadow));
    if (page->sync == SYNCED) {
        protect_frame_before_flush(shadow, (mfn_t){page->frame});
    }
}

void bring_all_back(struct shadow *shadow) {
    uint32_t i, kept = 0; /* under brute a root in use is not in sync afterwards either */

    if (shadow->policy == SHADOW_ANNOUNCE) {
        return;
    }
    oos_end_all(shadow);
    for (i = 0; shadow->out_of_sync != kept; i++) {
        ENGINE_ASSERT(i < shadow->pool_frames, "S8: an out-of-sync page is lost");
        if (shadow->pages[i].sync == UNSYNCED) {
            drop(shadow, &shadow->pages[i]);
            kept += shadow->pages[i].sync == UNSYNCED;
        }
    }
}

void bring_back_path(struct shadow *shadow, uint32_t linear) {
    struct shadow_page *root = shadow->root_page, *leaf;
    uint32_t index = l2_index(linear);
    const pte_t *table;

    if (linear >= shadow->linear_end) {
        return;
    }
    if (root->sync == UNSYNCED) {
        refresh_page(shadow, root);
    } else if (root->sync == ANNOUNCED) {
        link_entry_changed(shadow, root, index, guest_entry_load(&shadow->base_table[index]));
    }
    if (shadow->root_table[index] == 0 || (shadow->root_table[index] & PTE_PS)) {
        return;
    }
    leaf = linked_page(shadow, shadow->root_table[index]);
    if (leaf->sync != SYNCED) {
        table = shadow_port_map((mfn_t){leaf->frame});
        leaf_entry_changed(shadow, leaf, l1_index(linear), guest_entry_load(&table[l1_index(linear)]));
        shadow_port_unmap(table);
    }
}
