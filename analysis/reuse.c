/*
 * reuse.c - see reuse.h.
 */
#include "analysis/reuse.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/map.h"

static void *zeroes(size_t count) {
    uint32_t *memory = grow(NULL, count, sizeof(*memory));

    memset(memory, 0, count * sizeof(*memory));
    return memory;
}

void reuse_begin(struct reuse *reuse, uint32_t pages) {
    *reuse = (struct reuse){ .pages = pages, .room = 2 * pages };
    reuse->place = zeroes(pages);
    reuse->tree = zeroes(reuse->room + 1u);
    reuse->at = zeroes(reuse->room + 1u);
}

static void add(struct reuse *reuse, uint32_t place, uint32_t count) {
    for (; place <= reuse->room; place += place & -place)
        reuse->tree[place] += count;
}

/* Taken places up to this one. */
static uint32_t count(const struct reuse *reuse, uint32_t place) {
    uint32_t sum = 0;

    for (; place; place -= place & -place)
        sum += reuse->tree[place];
    return sum;
}

/* Number the taken places anew, from 1, in their order. */
static void compact(struct reuse *reuse) {
    uint32_t next = 0;

    for (uint32_t place = 1; place <= reuse->used; place++) {
        uint32_t page = reuse->at[place];

        if (reuse->place[page] != place)
            continue;
        reuse->place[page] = ++next;
        reuse->at[next] = page;
    }
    memset(reuse->tree, 0, (reuse->room + 1u) * sizeof(*reuse->tree));
    for (uint32_t place = 1; place <= next; place++)
        add(reuse, place, 1);
    reuse->used = next;
}

static unsigned bucket_of(uint32_t distance) {
    unsigned bucket = 0;

    for (; distance; distance >>= 1)
        bucket++;
    return bucket;
}

uint32_t reuse_bucket_first(unsigned bucket) {
    return bucket ? 1u << (bucket - 1) : 0;
}

void reuse_refer(struct reuse *reuse, uint32_t page) {
    reuse->references++;
    if (reuse->distinct && page == reuse->last) {
        reuse->buckets[0]++;
        return;
    }
    reuse->last = page;
    if (reuse->used == reuse->room)
        compact(reuse);
    if (reuse->place[page]) {
        reuse->buckets[bucket_of(reuse->distinct - count(reuse, reuse->place[page]))]++;
        add(reuse, reuse->place[page], -1u);
    } else {
        reuse->first++;
        reuse->distinct++;
    }
    reuse->place[page] = ++reuse->used;
    reuse->at[reuse->used] = page;
    add(reuse, reuse->used, 1);
}

void reuse_free(struct reuse *reuse) {
    free(reuse->place);
    free(reuse->tree);
    free(reuse->at);
}
