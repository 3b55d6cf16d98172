/* heat.c - how often a guest table was written lately. Rules and callers: heat.h. */
#include "shadow/heat.h"

static struct hot_table *place_of(struct shadow *shadow, mfn_t mfn) {
    return &shadow->hot[mfn.n % HOT_TABLES];
}

void heat_set(struct shadow *shadow, mfn_t mfn, uint32_t writes) {
    *place_of(shadow, mfn) = (struct hot_table){mfn.n, writes, shadow->counters[TRACE_COUNTER_fills_l1]};
}

uint32_t heat_of_write(struct shadow *shadow, mfn_t mfn) {
    struct hot_table *hot = place_of(shadow, mfn);
    uint32_t fills = shadow->counters[TRACE_COUNTER_fills_l1];
    uint32_t before = hot->frame == mfn.n && fills - hot->fills <= HEAT_FILLS ? hot->writes : 0;

    *hot = (struct hot_table){mfn.n, before + 1, fills};
    return before + 1;
}
