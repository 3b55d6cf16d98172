/*
 * audit.c - the full audit: every rule that can be checked from the state, by number. Rules: audit.h.
 * Callers: the host, on demand and as the boot option audit= says.
 */
#include "shadow/audit.h"

#include "shadow/guest_entry.h"
#include "shadow/oos.h"

void audit_check(struct audit *audit, bool holds, enum shadow_rule rule, uint32_t frame, uint32_t index, pte_t entry) {
    audit->checks++;
    if (!holds) {
        audit->violations++;
        trace_audit_violation(rule, frame, index, entry);
    }
}

/* A few free pages each time: none has an entry that nobody accounts for. */
static void check_free_pages(struct audit *audit) {
    struct shadow *shadow = audit->shadow;
    uint32_t i, k, index = shadow->counters[TRACE_COUNTER_audits] * 16 % shadow->pool_frames;

    for (i = 0; i < 16; i++, index = (index + 1) % shadow->pool_frames) {
        const struct shadow_page *page = &shadow->pages[index];
        const pte_t *table = page_table(shadow, page);

        for (k = 0; page->kind == KIND_FREE && k < TABLE_ENTRIES; k++) {
            if (guest_entry_load(&table[k]) != 0) {
                audit_check(audit, false, RULE_S2, page_smfn(shadow, page), k, table[k]);
            }
        }
    }
}

static void check_page(struct audit *audit, struct shadow_page *page) {
    struct shadow *shadow = audit->shadow;
    smfn_t smfn = {page_smfn(shadow, page)};

    audit_check(audit, !shadow_port_owns(shadow->domain, (mfn_t){smfn.n}), RULE_S1, smfn.n, NONE, page->kind);
    if (page->kind != KIND_L2) {
        audit_check(audit, !shadow_port_root_loaded(shadow->domain, smfn), RULE_S10, smfn.n, NONE, page->kind);
    }
    if (page->sync == UNSYNCED || page->sync == UNSYNCED_OOS) {
        audit_check(audit, page->unsynced_at == shadow->flush_events, RULE_S8, page->frame, NONE, page->unsynced_at);
    }
    if (page->sync == UNSYNCED_OOS) {
        audit_check(audit, page->kind == KIND_L1 && oos_snapshot(shadow, page) != NULL, RULE_S8, page->frame, NONE,
                    page->kind);
    }
    if (page->kind != KIND_FREE) {
        audit_page_entries(audit, page);
    }
}

/* Pages in list, counted by following it; at most one more than there are. */
static uint32_t length_of(const struct shadow *shadow, enum list list) {
    uint32_t index = shadow->pages[shadow->pool_frames + list].next, length = 0;

    while (index < shadow->pool_frames && length <= shadow->pool_frames) {
        index = shadow->pages[index].next;
        length++;
    }
    return length;
}

static void check_books(struct audit *audit) {
    struct shadow *shadow = audit->shadow;
    uint32_t list, total = 0;

    for (list = 0; list < LISTS; list++) {
        audit_check(audit, length_of(shadow, list) == shadow->listed[list], RULE_S9, list, NONE, shadow->listed[list]);
        total += shadow->listed[list];
    }
    audit_check(audit, total == shadow->pool_frames, RULE_S9, total, NONE, shadow->pool_frames);
    audit_check(audit, shadow->references == audit->references, RULE_S5, NONE, NONE, shadow->references);
    audit_check(audit, shadow->nodes_used == audit->nodes, RULE_S6, NONE, NONE, shadow->nodes_used);
    audit_check(audit, (shadow->stale & ~LOST_GLOBALS) == 0 || shadow->stale_since == shadow->full_flushes, RULE_S8,
                NONE, NONE, shadow->stale);
    audit_check(audit, (shadow->stale & LOST_GLOBALS) == 0 || shadow->made_global, RULE_S8, NONE, NONE, shadow->stale);
    audit_check(audit, shadow->root == NONE || (shadow->pages[shadow->root].kind == KIND_L2 &&
                shadow->pages[shadow->root].frame == shadow->base.n), RULE_S10, shadow->base.n, NONE, shadow->root);
}

uint32_t shadow_audit(struct shadow *shadow, uint32_t *checks) {
    struct audit audit = {.shadow = shadow};
    uint32_t i;

    for (i = 0; i < shadow->pool_frames; i++) {
        check_page(&audit, &shadow->pages[i]);
    }
    audit_superframes(&audit);
    check_free_pages(&audit);
    check_books(&audit);
    count(shadow, TRACE_COUNTER_audits);
    trace_audit_done(audit.checks, audit.violations);
    *checks = audit.checks;
    return audit.violations;
}
