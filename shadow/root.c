/*
 * root.c - base pointers and their roots.
 *
 * A root is cached as long as the pool has room: coming back to a base pointer finds everything filled (with the switch
 * root_cache off it goes when another has been loaded). The current root is never freed, loaded or not, for the host
 * may load it at any time (S10).
 * Callers: the host, through shadow.h.
 */
#include <stdint.h>

#include <xen/errno.h>

#include "shadow/flush.h"
#include "shadow/hash.h"
#include "shadow/make.h"
#include "shadow/pool.h"
#include "shadow/sync.h"
#include "shadow/unshadow.h"

/* Every so many hits a root is marked as used; those that are used often are found by that. */
#define TOUCH_INTERVAL 8u

/* Without the root cache a root goes once another one has taken its place and was loaded. */
static void retire(struct shadow *shadow) {
    struct shadow_page *page = &shadow->pages[shadow->retired];

    if (shadow->retired != NONE && page->kind == KIND_L2 && may_free(shadow, page)) {
        unshadow_page(shadow, page, TRACE_FREE_REASON_base_pointer);
    }
    shadow->retired = shadow->root;
}

int shadow_set_base_pointer(struct shadow *shadow, mfn_t gmfn, smfn_t *root, bool *cached) {
    struct shadow_page *page;
    uint32_t index;

    if (!shadow_port_owns(shadow->domain, gmfn)) {
        return -XEN_EINVAL;
    }
    flush_event(shadow);
    if (__builtin_expect((shadow->switches & SHADOW_SWITCH_ROOT_CACHE) == 0, 0)) {
        retire(shadow);
    }
    page = hash_find(shadow, KIND_L2, gmfn.n, 0);
    *cached = page != NULL;
    if (page != NULL) {
        count(shadow, TRACE_COUNTER_root_hits);
        if (shadow->counters[TRACE_COUNTER_root_hits] % TOUCH_INTERVAL == 0) {
            pool_touch(shadow, page);
        }
    } else {
        count(shadow, TRACE_COUNTER_root_misses);
        pool_reserve(shadow, 1, 0);
        page = make_page(shadow, KIND_L2, gmfn.n, 0);
    }
    if (shadow->base_table != NULL) {
        shadow_port_unmap(shadow->base_table);
    }
    shadow->base_table = shadow_port_map(gmfn);
    shadow->base = gmfn;
    shadow->linear_end = HYPERVISOR_LINEAR_START;
    index = page_index(shadow, page);
    shadow->root = index;
    shadow->root_page = page;
    shadow->root_table = shadow->memory + (index << TABLE_SHIFT);
    root->n = shadow->first.n + index;
    all_but_global_forgotten(shadow);
    return 0;
}

bool shadow_same_base_pointer(struct shadow *shadow, mfn_t gmfn, smfn_t *root) {
    if (shadow->base.n != gmfn.n || (shadow->out_of_sync | shadow->listed[LIST_QUARANTINE]) != 0) {
        return false;
    }
    flush_event(shadow);              /* nothing is to be brought back, */
    all_but_global_forgotten(shadow); /* and nothing rests */
    count(shadow, TRACE_COUNTER_root_hits);
    root->n = shadow->first.n + shadow->root;
    return true;
}
