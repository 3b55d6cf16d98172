/* make.c - the beginning of a shadow page. Rules and callers: make.h. */
#include "shadow/make.h"

#include "shadow/hash.h"
#include "shadow/pool.h"
#include "shadow/protect.h"

struct shadow_page *make_page(struct shadow *shadow, enum shadow_kind kind, uint32_t frame, uint32_t attributes) {
    static const uint8_t counter[] = {
        [KIND_L1] = TRACE_COUNTER_made_l1, [KIND_L2] = TRACE_COUNTER_made_l2, [KIND_FL1] = TRACE_COUNTER_made_fl1,
    };
    struct shadow_page *page = pool_take(shadow);

    page->frame = frame;
    page->kind = kind;
    page->attributes = attributes;
    page->live = page->parents = 0;
    page->out_of_sync = false;
    list_push(shadow, LIST_RECENT, page);
    hash_insert(shadow, page);
    shadow->counters[counter[kind]]++;
    trace_shadow_make(page->kind, frame, page_smfn(shadow, page));
    if (kind == KIND_L2) {
        shadow_port_init_root(shadow->domain, page_table(shadow, page));
    }
    if (kind != KIND_FL1) {
        protect_frame(shadow, (mfn_t){frame});
    }
    return page;
}
