/* audit_superpages.c - the audit of superpages and of the frames behind them. Rules and callers: audit.h. */
#include "shadow/audit.h"
#include "shadow/hash.h"
#include "shadow/propagate.h"
#include "shadow/rmap.h"
#include "shadow/superframe.h"
#include "shadow/superpage.h"

/* Does the guest's entry give just these frames, and no less than these rights? */
static bool is_granted(struct shadow *shadow, pte_t entry, pte_t guest) {
    mfn_t first;

    return (guest & PTE_P) && is_large(guest) && !(guest & PDE_LARGE_RESERVED) &&
           !(entry & ~(guest & shadow->passed_on) & (PTE_W | PTE_U | PTE_G)) &&
           shadow_port_superframe_of(shadow->domain, large_frame(guest), &first) &&
           (entry & PTE_FRAME_MASK) == first.n << PAGE_SHIFT;
}

void audit_superpage(struct audit *audit, const struct shadow_page *page, uint32_t index, pte_t entry, pte_t guest) {
    struct shadow *shadow = audit->shadow;
    uint32_t frame = entry >> PAGE_SHIFT, location = location_of(shadow, page_table(shadow, page) + index);
    bool granted;

    audit->nodes++;
    audit_check(audit, rmap_holds(shadow, superframe_key(frame), location), RULE_S6, page->frame, index, entry);
    audit_check(audit, !(entry & PTE_G) || (page->global && shadow->made_global), RULE_S2, page->frame, index, entry);
    audit_check(audit, superpages_allowed(shadow), RULE_S13, page->frame, index, entry);
    if (page->sync != SYNCED) {
        return;
    }
    granted = is_granted(shadow, entry, guest);
    audit_check(audit, granted, RULE_S3, page->frame, index, entry);
    if (granted) {
        audit_check(audit, (guest & PTE_A) != 0, RULE_S7, page->frame, index, entry);
        audit_check(audit, !(entry & PTE_W) || (guest & PTE_D), RULE_S4, page->frame, index, entry);
    }
}

/* How many superpages of frame the reverse map knows, writable ones or others. */
static uint32_t superpages_found(const struct shadow *shadow, uint32_t frame, bool writable) {
    uint32_t key = superframe_key(frame), node, found = 0;

    for (node = rmap_first(shadow, key); node != NONE; node = rmap_next(shadow, key, shadow->nodes[node].next)) {
        found += ((shadow->memory[shadow->nodes[node].location] & PTE_W) != 0) == writable;
    }
    return found;
}

/* The frames from first on, held for superpages of one kind. */
static void check_held(struct audit *audit, uint32_t first, bool writable) {
    struct shadow *shadow = audit->shadow;
    uint32_t i;

    audit->references += SUPERPAGE_FRAMES;
    for (i = first; i < first + SUPERPAGE_FRAMES; i++) {
        audit_check(audit, i - shadow->first.n >= shadow->pool_frames, RULE_S1, i, NONE, writable);
        audit_check(audit, shadow_port_owns(shadow->domain, (mfn_t){i}), RULE_S5, i, NONE, writable);
        audit_check(audit, !writable || !is_in_sync_table(shadow, (mfn_t){i}), RULE_S4, i, NONE, writable);
    }
}

void audit_superframes(struct audit *audit) {
    struct shadow *shadow = audit->shadow;
    uint32_t i;

    for (i = 0; i < SUPERFRAMES * 2; i++) {
        uint32_t first = i / 2 * SUPERPAGE_FRAMES, writable = i % 2;
        uint32_t count = superframe_of(shadow, first)->superpages[writable];

        if (count != 0) {
            audit_check(audit, count == superpages_found(shadow, first, writable), RULE_S5, first, NONE, count);
            check_held(audit, first, writable);
        }
    }
}
