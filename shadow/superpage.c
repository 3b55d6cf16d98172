/* superpage.c - 4 MiB guest pages in one piece. Rules and callers: superpage.h. */
#include "shadow/superpage.h"

#include "shadow/flush.h"
#include "shadow/hash.h"
#include "shadow/propagate.h"
#include "shadow/rmap.h"
#include "shadow/set.h"
#include "shadow/splinter.h"
#include "shadow/superframe.h"

pte_t wanted_superpage(struct shadow *shadow, pte_t l2e) {
    mfn_t first;

    if (!superpages_allowed(shadow) ||
        hash_find(shadow, KIND_FL1, large_frame(l2e).n, splinter_attributes(l2e)) != NULL ||
        !shadow_port_superframe_of(shadow->domain, large_frame(l2e), &first)) {
        return 0;
    }
    return propagate_superpage(l2e, first, shadow->passed_on);
}

void end_superpages(struct shadow *shadow) {
    uint32_t i, left;

    for (i = 0; i < SUPERFRAMES; i++) {
        left = shadow->superframes[i].superpages[false] + shadow->superframes[i].superpages[true];
        for (; left != 0; left--) {
            uint32_t node = rmap_first(shadow, superframe_key(i * SUPERPAGE_FRAMES));

            put_off(shadow, set_entry(shadow, shadow->memory + shadow->nodes[node].location, 0));
            count(shadow, TRACE_COUNTER_superpage_splits);
        }
    }
}
