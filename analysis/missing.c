/*
 * missing.c - see missing.h.
 */
#include "analysis/missing.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/map.h"

#define PRINTED 16u

void missing_gap(struct missing *missing, const struct stream_item *item) {
    struct missing_place *last = missing->count ? &missing->places[missing->count - 1] : NULL;

    if (item->gap.asked)
        return;
    if (last && last->until == item->time) {
        last->until = item->gap.until;
        return;
    }
    missing->places = grow(missing->places, missing->count + 1, sizeof(*missing->places));
    missing->places[missing->count++] = (struct missing_place){ item->time, item->gap.until, item->gap.why };
}

void missing_print(const struct missing *missing, const char *path, const char *damage) {
    const char *first = missing->count ? missing->places[0].why : "";
    uint64_t all = 0;

    if (*damage && (!*first || strncmp(damage, first, strlen(first))))
        fprintf(stderr, "warning: trace %s: %s\n", path, damage);
    for (uint32_t i = 0; i < missing->count; i++)
        all += missing->places[i].until - missing->places[i].first;
    if (all)
        fprintf(stderr, "warning: trace %s: %" PRIu64 " instructions are missing:\n", path, all);
    for (uint32_t i = 0; i < missing->count && i < PRINTED; i++)
        fprintf(stderr, "  %" PRIu64 " to %" PRIu64 ": %s\n", missing->places[i].first, missing->places[i].until - 1,
                missing->places[i].why);
    if (missing->count > PRINTED)
        fprintf(stderr, "  and %u places more: analysis/stream --json names all\n", missing->count - PRINTED);
}

void missing_free(struct missing *missing) {
    free(missing->places);
    *missing = (struct missing){ 0 };
}
