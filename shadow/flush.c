/* flush.c - what the TLB must forget. Rules and callers: flush.h. */
#include "shadow/flush.h"

#include "shadow/pool.h"
#include "shadow/rmap.h"
#include "shadow/sync.h"

/* The TLB may hold what root gives for linear, or gave: that must be forgotten. */
static void add_address(struct shadow *shadow, const struct shadow_page *root, uint32_t linear, uint32_t lost,
                        struct forget *forget) {
    bool held = (lost & LOST_GLOBALS) || (!forget->only_global && shadow_port_root_loaded(shadow->domain,
                                                                     (smfn_t){page_smfn(shadow, root)}));

    if (held && (forget->pages == 0 || forget->linear != linear)) {
        forget->linear = linear;
        forget->pages++;
    }
}

void must_forget(struct shadow *shadow, const struct shadow_page *page, uint32_t index, uint32_t lost,
                 struct forget *forget) {
    uint32_t smfn = page_smfn(shadow, page), node = rmap_first(shadow, smfn);

    if (page->kind == KIND_L2) {
        add_address(shadow, page, index << L2_SHIFT, lost, forget);
        return;
    }
    while (node != NONE && forget->pages <= 1) { /* more than one: everything will be forgotten */
        uint32_t location = shadow->nodes[node].location;

        add_address(shadow, location_page(shadow, location),
                    location_entry(location) << L2_SHIFT | index << L1_SHIFT, lost, forget);
        node = rmap_next(shadow, smfn, shadow->nodes[node].next);
    }
}

void forget_now(struct shadow *shadow, const struct forget *forget, uint32_t unknown, uint32_t cause) {
    if ((shadow->stale & (unknown | globally(unknown))) || forget->pages > 1) {
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

/* still: what may be remembered all the same, bits of enum lost. */
static inline void forgotten(struct shadow *shadow, uint32_t still) {
    shadow->full_flushes++;
    shadow->stale &= still;
    shadow->code_page = NO_CODE_PAGE;
    if (__builtin_expect(shadow->listed[LIST_QUARANTINE] != 0, 0)) {
        pool_end_quarantine(shadow);
    }
}

void everything_forgotten(struct shadow *shadow) {
    forgotten(shadow, 0);
}

void all_but_global_forgotten(struct shadow *shadow) {
    forgotten(shadow, LOST_GLOBALS);
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
