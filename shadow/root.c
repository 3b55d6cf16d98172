/*
 * root.c - base pointers and their roots.
 *
 * A root is cached as long as the pool has room: coming back to a base pointer finds everything filled. The current root is never
 * freed, loaded or not, for the host may load it at any time (S10).
 * Callers: the host, through shadow.h.
 */
#include <stdint.h>

#include <xen/errno.h>

#include "shadow/flush.h"
#include "shadow/hash.h"
#include "shadow/make.h"
#include "shadow/pool.h"
#include "shadow/sync.h"

int shadow_set_base_pointer(struct shadow *shadow, mfn_t gmfn, smfn_t *root, bool *cached) {
    struct shadow_page *page;

    if (!shadow_port_owns(shadow->domain, gmfn)) {
        return -XEN_EINVAL;
    }
    flush_event(shadow);
    page = hash_find(shadow, KIND_L2, gmfn.n, 0);
    *cached = page != NULL;
    if (page != NULL) {
        count(shadow, TRACE_COUNTER_root_hits);
        pool_touch(shadow, page);
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
    shadow->root = page_index(shadow, page);
    shadow->root_page = page;
    shadow->root_table = page_table(shadow, page);
    everything_forgotten(shadow);
    root->n = page_smfn(shadow, page);
    return 0;
}
