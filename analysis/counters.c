/*
 * counters.c - see counters.h.
 */
#include "analysis/counters.h"

#include <stdlib.h>

static uint64_t key_of(uint32_t domain, uint32_t which) {
    return (uint64_t)domain << 32 | which;
}

void counters_put(struct counters *counters, uint32_t domain, uint32_t which, uint32_t value) {
    bool known = false;

    for (uint32_t i = 0; i < counters->domain_count; i++)
        known |= counters->domains[i] == domain;
    if (!known) {
        counters->domains = grow(counters->domains, counters->domain_count + 1, sizeof(*counters->domains));
        counters->domains[counters->domain_count++] = domain;
    }
    map_put(&counters->values, key_of(domain, which), value);
}

bool counters_sum(const struct counters *counters, uint32_t which, uint64_t *value) {
    bool found = false;

    *value = 0;
    for (uint32_t i = 0; i < counters->domain_count; i++) {
        const uint32_t *one = map_get(&counters->values, key_of(counters->domains[i], which));

        if (one) {
            *value += *one;
            found = true;
        }
    }
    return found;
}

void counters_free(struct counters *counters) {
    map_free(&counters->values);
    free(counters->domains);
    *counters = (struct counters){ 0 };
}
