/* make.c - the beginning of a shadow page. Rules and callers: make.h. */
#include "shadow/make.h"

#include "shadow/hash.h"
#include "shadow/oos.h"
#include "shadow/policy.h"
#include "shadow/pool.h"
#include "shadow/protect.h"
#include "shadow/sync.h"

/* Whether the guest may write the table unseen is the policy's to say. Nothing is live in the page yet. */
static void begin_sync(struct shadow *shadow, struct shadow_page *page) {
    struct shadow_page *as_l1 = page->kind == KIND_L2 ? hash_find(shadow, KIND_L1, page->frame, 0) : NULL;

    if (as_l1 != NULL && as_l1->sync == UNSYNCED_OOS) {
        oos_end(shadow, as_l1, false); /* O1 */
    }
    set_sync(shadow, page, sync_of_new_page(shadow));
    if (page->sync == SYNCED) {
        protect_frame(shadow, (mfn_t){page->frame});
    }
}

struct shadow_page *make_page(struct shadow *shadow, enum shadow_kind kind, uint32_t frame, uint32_t attributes) {
    static const uint8_t counter[] = {
        [KIND_L1] = TRACE_COUNTER_made_l1, [KIND_L2] = TRACE_COUNTER_made_l2, [KIND_FL1] = TRACE_COUNTER_made_fl1,
    };
    struct shadow_page *page = pool_take(shadow);

    page->frame = frame;
    page->kind = kind;
    page->attributes = attributes;
    page->global = false;
    page->live = page->parents = 0;
    list_push(shadow, LIST_RECENT, page);
    hash_insert(shadow, page);
    shadow->counters[counter[kind]]++;
    trace_shadow_make(page->kind, frame, page_smfn(shadow, page));
    if (kind == KIND_L2) {
        shadow_port_init_root(shadow->domain, page_table(shadow, page));
    }
    if (kind != KIND_FL1) {
        begin_sync(shadow, page);
    }
    return page;
}
