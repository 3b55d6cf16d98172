/* audit_entries.c - the audit of the entries of one shadow page. Rules and callers: audit.h. */
#include "shadow/audit.h"
#include "shadow/dirty.h"
#include "shadow/guest_entry.h"
#include "shadow/hash.h"
#include "shadow/oos.h"
#include "shadow/propagate.h"
#include "shadow/rmap.h"
#include "shadow/splinter.h"

/* One present shadow entry under audit. */
struct subject {
    struct shadow_page *page;
    uint32_t index;
    pte_t entry;
    pte_t guest;            /* the guest entry it stands for; 0 for a piece of a 4 MiB page */
};

static void check(struct audit *audit, const struct subject *subject, bool holds, enum shadow_rule rule) {
    audit_check(audit, holds, rule, subject->page->frame, subject->index, subject->entry);
}

static bool in_pool(const struct shadow *shadow, uint32_t frame) {
    return frame - shadow->first.n < shadow->pool_frames;
}

static uint32_t subject_location(const struct shadow *shadow, const struct subject *subject) {
    return location_of(shadow, page_table(shadow, subject->page) + subject->index);
}

static bool may_have(struct shadow *shadow, mfn_t mfn, bool writable) {
    if (!shadow_port_get_frame(shadow->domain, mfn, writable)) {
        return false;
    }
    shadow_port_put_frame(shadow->domain, mfn, writable);
    return true;
}

/* No right that the guest entry does not give, nor global when it is not (S3), dirty before writable (S4), accessed before present (S7). */
static void check_rights(struct audit *audit, const struct subject *subject, bool right_target) {
    bool dirty_counts = subject->page->kind == KIND_L1 || is_large(subject->guest);
    pte_t granting = subject->page->kind == KIND_L1 ? subject->guest & audit->shadow->passed_on : subject->guest & ~PTE_G;
    bool granted = right_target && (subject->guest & PTE_P) && !(subject->entry & ~granting & (PTE_W | PTE_U | PTE_G));

    check(audit, subject, granted, RULE_S3);
    if (!granted) {
        return;
    }
    check(audit, subject, (subject->guest & PTE_A) != 0, RULE_S7);
    if (dirty_counts && (subject->entry & PTE_W)) {
        check(audit, subject, (subject->guest & PTE_D) != 0, RULE_S4);
    }
}

static bool names_right_frame(struct shadow *shadow, const struct subject *subject) {
    gfn_t gfn = entry_frame(subject->guest);
    mfn_t mfn;

    if (subject->page->kind == KIND_FL1) {
        gfn.n = subject->page->frame + subject->index;
    }
    return shadow_port_frame_of(shadow->domain, gfn, &mfn) && mfn.n == subject->entry >> PAGE_SHIFT;
}

static void check_leaf(struct audit *audit, const struct subject *subject) {
    struct shadow *shadow = audit->shadow;
    mfn_t mfn = {subject->entry >> PAGE_SHIFT};
    bool writable = (subject->entry & PTE_W) != 0;
    uint32_t location = subject_location(shadow, subject);

    audit->references++;
    check(audit, subject, !in_pool(shadow, mfn.n), RULE_S1);
    if (in_pool(shadow, mfn.n)) {
        return;
    }
    check(audit, subject, may_have(shadow, mfn, writable), RULE_S5);
    if (writable) {
        audit->nodes++;
        check(audit, subject, rmap_holds(shadow, mfn.n, location), RULE_S6);
        check(audit, subject, !is_in_sync_table(shadow, mfn), RULE_S4);
        check(audit, subject, shadow->dirty == NULL || is_marked(shadow->dirty, mfn.n), RULE_S12);
    }
    if (subject->entry & PTE_G) {
        check(audit, subject, subject->page->global && shadow->made_global, RULE_S2);
    }
    if (subject->page->kind == KIND_FL1) {
        check(audit, subject, names_right_frame(shadow, subject) && !(subject->entry & PTE_G), RULE_S3);
    } else if (subject->page->sync == SYNCED || subject->page->sync == UNSYNCED_OOS) {
        check_rights(audit, subject, names_right_frame(shadow, subject));
    }
}

static bool links_right_page(struct shadow *shadow, const struct subject *subject, const struct shadow_page *leaf) {
    mfn_t mfn;

    if (is_large(subject->guest)) {
        return holds_pieces_of(leaf, subject->guest) && !(subject->guest & PDE_LARGE_RESERVED);
    }
    return leaf->kind == KIND_L1 && shadow_port_frame_of(shadow->domain, entry_frame(subject->guest), &mfn) &&
           mfn.n == leaf->frame && shadow_port_owns(shadow->domain, mfn);
}

static void check_link(struct audit *audit, const struct subject *subject) {
    struct shadow *shadow = audit->shadow;
    uint32_t smfn = subject->entry >> PAGE_SHIFT;
    const struct shadow_page *leaf;
    bool to_leaf = false;

    if (in_pool(shadow, smfn)) {
        leaf = linked_page(shadow, subject->entry);
        to_leaf = leaf->kind == KIND_L1 || leaf->kind == KIND_FL1;
    }
    check(audit, subject, to_leaf, RULE_S1);
    if (!to_leaf) {
        return;
    }
    audit->nodes++;
    check(audit, subject, rmap_holds(shadow, smfn, subject_location(shadow, subject)), RULE_S6);
    if (subject->page->sync == SYNCED) {
        check_rights(audit, subject, links_right_page(shadow, subject, leaf));
    }
}

void audit_page_entries(struct audit *audit, struct shadow_page *page) {
    const pte_t *table = page_table(audit->shadow, page), *mapped = NULL, *guest;
    struct subject subject = {.page = page};
    uint32_t live = 0;

    if (page->kind != KIND_FL1) {
        mapped = shadow_port_map((mfn_t){page->frame});
    }
    guest = page->sync == UNSYNCED_OOS ? oos_snapshot(audit->shadow, page) : mapped; /* O3 */
    for (subject.index = 0; subject.index < guest_entries(page); subject.index++) {
        subject.entry = guest_entry_load(&table[subject.index]);
        if (subject.entry == 0) {
            continue;
        }
        live++;
        subject.guest = guest != NULL ? guest_entry_load(&guest[subject.index]) : 0;
        if (page->kind == KIND_L2 && (subject.entry & PTE_PS)) {
            audit_superpage(audit, page, subject.index, subject.entry, subject.guest);
        } else if (page->kind == KIND_L2) {
            check_link(audit, &subject);
        } else {
            check_leaf(audit, &subject);
        }
    }
    if (mapped != NULL) {
        shadow_port_unmap(mapped);
    }
    audit_check(audit, live == page->live, RULE_S2, page->frame, NONE, live);
}
