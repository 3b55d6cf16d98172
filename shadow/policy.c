/* policy.c - the change of policy. Rules and callers: policy.h. */
#include "shadow/policy.h"

#include <string.h>

#include "shadow/flush.h"
#include "shadow/propagate.h"
#include "shadow/protect.h"
#include "shadow/superpage.h"
#include "shadow/sync.h"
#include "shadow/unshadow.h"

_Static_assert((int)SHADOW_OOS == (int)TRACE_SHADOW_POLICY_oos && (int)SHADOW_BRUTE == (int)TRACE_SHADOW_POLICY_brute &&
               (int)SHADOW_ANNOUNCE == (int)TRACE_SHADOW_POLICY_announce, "the record's numbers are the engine's");

/* Everything goes that may; of a root in use, all that it holds. */
static void drop_all(struct shadow *shadow, uint32_t reason) {
    uint32_t i;

    for (i = 0; i < shadow->pool_frames; i++) {
        struct shadow_page *page = &shadow->pages[i];

        if (page->kind == KIND_L2 && !may_free(shadow, page)) {
            empty_root(shadow, page, reason);
        } else if (page->kind == KIND_L2) {
            unshadow_page(shadow, page, reason);
        }
    }
}

/* Only roots in use are left: what they are from now on. */
static void begin_anew(struct shadow *shadow) {
    uint32_t i;

    memset(shadow->hot, 0, sizeof(shadow->hot));
    for (i = 0; i < shadow->pool_frames; i++) {
        struct shadow_page *page = &shadow->pages[i];

        if (page->kind == KIND_L2) {
            set_sync(shadow, page, sync_of_new_page(shadow));
            if (page->sync == SYNCED) {
                protect_frame_before_flush(shadow, (mfn_t){page->frame});
            }
        }
    }
}

bool shadow_has_global(const struct shadow *shadow) {
    return shadow->made_global;
}

void shadow_set_policy(struct shadow *shadow, enum shadow_policy policy, uint32_t switches) {
    uint32_t changed = switches ^ shadow->switches;

    shadow->switches = switches;
    if (!(switches & SHADOW_SWITCH_SUPERPAGES)) {
        end_superpages(shadow);
    }
    if (policy != shadow->policy || (changed & SHADOW_SWITCH_GLOBAL)) {
        drop_all(shadow, TRACE_FREE_REASON_policy);
        shadow->policy = policy;
        shadow->passed_on = passed_on((switches & SHADOW_SWITCH_GLOBAL) != 0);
        shadow->flush_events++;
        begin_anew(shadow);
        if (shadow->root != NONE) {
            flush_everything(shadow, TRACE_CAUSE_vm_assist);
        } else {
            everything_forgotten(shadow); /* no root of the domain's is loaded */
        }
        shadow->made_global = false;
    }
    trace_shadow_policy((enum trace_shadow_policy)policy, switches);
}
