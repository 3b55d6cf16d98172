/*
 * tally.c - see tally.h.
 */
#include "analysis/tally.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct tally *group_of(struct tallies *tallies, const struct flush *flush) {
    struct flush key = {
        .cause = tallies->dimensions & BY_CAUSE ? flush->cause : 0,
        .means = tallies->dimensions & BY_MEANS ? flush->means : 0,
        .domain = tallies->dimensions & BY_DOMAIN ? flush->domain : 0,
        .process = tallies->dimensions & BY_PROCESS ? flush->process : 0,
    };
    uint64_t packed = (uint64_t)(key.cause & 0xfff) << 52 | (uint64_t)(key.means & 0xf) << 48
                    | (uint64_t)(key.domain & 0xffff) << 32 | key.process;
    const uint32_t *known = map_get(&tallies->index, packed);

    if (known)
        return &tallies->list[*known];
    tallies->list = grow(tallies->list, tallies->count + 1, sizeof(*tallies->list));
    tallies->list[tallies->count] = (struct tally){ .dimensions = tallies->dimensions, .key = key };
    map_put(&tallies->index, packed, tallies->count);
    return &tallies->list[tallies->count++];
}

void tallies_add(struct tallies *tallies, const struct flush *flush) {
    struct tally *tally = group_of(tallies, flush);

    if (flush->means == TRACE_MEANS_none) {
        tally->elided++;
        return;
    }
    tally->flushes++;
    if (flush->means < MEANS_COUNT)
        tally->by_means[flush->means]++;
    tally->whole += flush->pages == 0;
    tally->pages += flush->pages;
    tally->walks += flush->walks;
    samples_add(&tally->since, flush->since);
}

void tallies_add_call(struct tallies *tallies, const struct flush *call) {
    if (!(tallies->dimensions & BY_MEANS)) /* an announcement has none */
        group_of(tallies, call)->calls++;
}

/* Most flushes first, then most elided; groups of the same size in the order of their keys. */
static int compare_groups(const void *a, const void *b) {
    const struct tally *left = a, *right = b;

    if (left->flushes != right->flushes)
        return left->flushes < right->flushes ? 1 : -1;
    if (left->elided != right->elided)
        return left->elided < right->elided ? 1 : -1;
    if (left->key.cause != right->key.cause)
        return left->key.cause < right->key.cause ? -1 : 1;
    if (left->key.means != right->key.means)
        return left->key.means < right->key.means ? -1 : 1;
    if (left->key.domain != right->key.domain)
        return left->key.domain < right->key.domain ? -1 : 1;
    return (left->key.process > right->key.process) - (left->key.process < right->key.process);
}

void tallies_finish(struct tallies *tallies) {
    for (uint32_t i = 0; i < tallies->count; i++)
        samples_finish(&tallies->list[i].since);
    if (tallies->count)
        qsort(tallies->list, tallies->count, sizeof(*tallies->list), compare_groups);
    map_free(&tallies->index);
}

void tallies_free(struct tallies *tallies) {
    for (uint32_t i = 0; i < tallies->count; i++)
        samples_free(&tallies->list[i].since);
    free(tallies->list);
    map_free(&tallies->index);
    *tallies = (struct tallies){ 0 };
}

uint64_t tally_since(const struct tally *tally, unsigned percent) {
    return samples_at(&tally->since, percent);
}

const char *cause_title(uint32_t cause, char *text, size_t size) {
    if (cause & LABEL_CAUSE)
        return value_title(&trace_enumeration_label, cause & ~LABEL_CAUSE, text, size);
    return value_title(&trace_enumeration_cause, cause, text, size);
}

const char *means_title(uint32_t means, char *text, size_t size) {
    return value_title(&trace_enumeration_means, means, text, size);
}

const char *tally_title(const struct tally *tally, enum dimension dimension, const struct processes *processes,
                        char *text, size_t size) {
    switch (dimension) {
    case BY_CAUSE:
        return cause_title(tally->key.cause, text, size);
    case BY_MEANS:
        return means_title(tally->key.means, text, size);
    case BY_DOMAIN:
        return domain_title(processes->domains, tally->key.domain, text, size);
    default:
        return process_title(processes, tally->key.process, !(tally->dimensions & BY_DOMAIN), text, size);
    }
}
