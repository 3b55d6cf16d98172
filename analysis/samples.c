/*
 * samples.c - see samples.h.
 */
#include "analysis/samples.h"

#include <stdio.h>
#include <stdlib.h>

#include "analysis/map.h"

void samples_add(struct samples *samples, uint64_t number) {
    if (samples->count == samples->room) {
        samples->room = samples->room ? 2 * samples->room : 16;
        samples->list = grow(samples->list, samples->room, sizeof(*samples->list));
    }
    samples->list[samples->count++] = number;
    samples->sum += number;
}

static int compare_numbers(const void *a, const void *b) {
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

    return (left > right) - (left < right);
}

void samples_finish(struct samples *samples) {
    if (samples->count)
        qsort(samples->list, samples->count, sizeof(*samples->list), compare_numbers);
}

uint64_t samples_at(const struct samples *samples, unsigned percent) {
    return samples->count ? samples->list[(samples->count - 1) * percent / 100] : 0;
}

void samples_free(struct samples *samples) {
    free(samples->list);
    *samples = (struct samples){ 0 };
}

static struct group *find(const struct groups *groups, uint32_t value) {
    for (uint32_t i = 0; i < groups->count; i++) {
        if (groups->list[i].value == value)
            return &groups->list[i];
    }
    return NULL;
}

void groups_add(struct groups *groups, uint32_t value, uint64_t number) {
    struct group *group = find(groups, value);

    if (!group) {
        groups->list = grow(groups->list, groups->count + 1, sizeof(*groups->list));
        group = &groups->list[groups->count++];
        *group = (struct group){ .value = value };
    }
    samples_add(&group->samples, number);
}

uint64_t groups_count(const struct groups *groups, uint32_t value) {
    const struct group *group = find(groups, value);

    return group ? group->samples.count : 0;
}

uint64_t groups_total(const struct groups *groups) {
    uint64_t total = 0;

    for (uint32_t i = 0; i < groups->count; i++)
        total += groups->list[i].samples.count;
    return total;
}

static int compare_groups(const void *a, const void *b) {
    const struct group *left = a, *right = b;

    return (left->value > right->value) - (left->value < right->value);
}

void groups_finish(struct groups *groups) {
    for (uint32_t i = 0; i < groups->count; i++)
        samples_finish(&groups->list[i].samples);
    if (groups->count)
        qsort(groups->list, groups->count, sizeof(*groups->list), compare_groups);
}

void groups_free(struct groups *groups) {
    for (uint32_t i = 0; i < groups->count; i++)
        samples_free(&groups->list[i].samples);
    free(groups->list);
    *groups = (struct groups){ 0 };
}

const char *value_title(const struct trace_enumeration *names, uint32_t value, char *text, size_t size) {
    const char *name = trace_value_name(names, value);

    if (name)
        snprintf(text, size, "%s", name);
    else
        snprintf(text, size, "%s %u", names->name, value);
    return text;
}
