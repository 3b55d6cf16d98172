/* sync.c - tables that the guest may write unseen for a while (rule S8). Rules and callers: sync.h. */
#include "shadow/sync.h"

#include "shadow/flush.h"
#include "shadow/hash.h"
#include "shadow/protect.h"
#include "shadow/unshadow.h"

static void unsync_page(struct shadow *shadow, struct shadow_page *page) {
    if (page != NULL && !page->out_of_sync) {
        page->out_of_sync = true;
        page->unsynced_at = shadow->flush_events;
        shadow->out_of_sync++;
        count(shadow, TRACE_COUNTER_unshadows);
    }
}

void unsync(struct shadow *shadow, mfn_t mfn) {
    unsync_page(shadow, hash_find(shadow, KIND_L1, mfn.n, 0));
    unsync_page(shadow, hash_find(shadow, KIND_L2, mfn.n, 0));
}

static void bring_back(struct shadow *shadow, struct shadow_page *page) {
    if (may_free(shadow, page)) {
        unshadow_page(shadow, page, TRACE_FREE_REASON_unshadow_write);
        return;
    }
    empty_root(shadow, page, TRACE_FREE_REASON_unshadow_write);
    page->out_of_sync = false;
    shadow->out_of_sync--;
    protect_frame(shadow, (mfn_t){page->frame});
}

void bring_all_back(struct shadow *shadow) {
    uint32_t i;

    for (i = 0; shadow->out_of_sync != 0; i++) {
        ENGINE_ASSERT(i < shadow->pool_frames, "S8: an out-of-sync page is lost");
        if (shadow->pages[i].out_of_sync) {
            bring_back(shadow, &shadow->pages[i]);
        }
    }
}
