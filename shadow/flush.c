/* flush.c - what the TLB must forget. Rules and callers: flush.h. */
#include "shadow/flush.h"

#include "shadow/pool.h"
#include "shadow/rmap.h"
#include "shadow/sync.h"

void must_forget(struct shadow *shadow, const struct shadow_page *page, uint32_t index, struct forget *forget) {
    uint32_t smfn = page_smfn(shadow, page);
    uint32_t node;

    if (forget->pages > 1) {
        return; /* everything will be forgotten */
    }
    for (node = rmap_first(shadow, smfn); node != NONE; node = rmap_next(shadow, smfn, shadow->nodes[node].next)) {
        uint32_t location = shadow->nodes[node].location;
        const struct shadow_page *root = location_page(shadow, location);

        if (shadow_port_root_loaded(shadow->domain, (smfn_t){page_smfn(shadow, root)})) {
            forget->linear = location_entry(location) << L2_SHIFT | index << L1_SHIFT;
            forget->pages++;
        }
    }
}

void forget_now(struct shadow *shadow, const struct forget *forget, uint32_t unknown, uint32_t cause) {
    if ((shadow->stale & unknown) || forget->pages > 1) {
        flush_everything(shadow, cause);
    } else if (forget->pages == 1) {
        shadow->code_page = NO_CODE_PAGE;
        count(shadow, TRACE_COUNTER_flushes);
        shadow_port_flush(shadow->domain, forget->linear, 1, cause);
    }
}

void flush_everything(struct shadow *shadow, uint32_t cause) {
    count(shadow, TRACE_COUNTER_flushes);
    shadow_port_flush(shadow->domain, 0, 0, cause);
    everything_forgotten(shadow);
}

void everything_forgotten(struct shadow *shadow) {
    shadow->full_flushes++;
    shadow->stale = 0;
    shadow->code_page = NO_CODE_PAGE;
    if (__builtin_expect(shadow->listed[LIST_QUARANTINE] != 0, 0)) {
        pool_end_quarantine(shadow);
    }
}

void shadow_flush(struct shadow *shadow) {
    flush_event(shadow);
    everything_forgotten(shadow);
}

void shadow_invlpg(struct shadow *shadow, uint32_t linear) {
    flush_event_of(shadow, linear); /* the host forgets this page itself */
    shadow->code_page = NO_CODE_PAGE;
    if (shadow->stale & LOST_SPLINTER) {
        flush_everything(shadow, TRACE_CAUSE_permission_removed);
    }
}
