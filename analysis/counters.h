/*
 * counters.h - counters that domains write out at their end: the last value that each domain said, added over all.
 *
 * Rules: a zeroed structure holds none.
 * Callers: analysis/run.c takes them from the records, summary.c prints them.
 */
#ifndef ANALYSIS_COUNTERS_H
#define ANALYSIS_COUNTERS_H

#include "analysis/map.h"

struct counters {
    struct map values;        /* domain, number of the counter -> last value */
    uint32_t *domains;        /* those that said one */
    uint32_t domain_count;
};

/* The domain (its index in struct domains) says that counter which is value. */
void counters_put(struct counters *counters, uint32_t domain, uint32_t which, uint32_t value);
/* Counter which, added over the domains, in *value. False, and *value is 0: no domain has written it. */
bool counters_sum(const struct counters *counters, uint32_t which, uint64_t *value);
void counters_free(struct counters *counters);

#endif
