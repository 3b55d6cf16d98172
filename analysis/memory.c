/*
 * memory.c - see memory.h.
 */
#include "analysis/memory.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/map.h"

static uint64_t *new_bits(void) {
    uint64_t *bits = calloc(FRAME_WORDS, sizeof(*bits));

    return bits ? bits : grow(NULL, SIZE_MAX / 16, 16); /* which says that there is no memory */
}

static void set_bit(uint64_t **bits, uint32_t mfn) {
    if (!*bits)
        *bits = new_bits();
    (*bits)[mfn / 64] |= 1ull << mfn % 64;
}

/* Bits of from into *to; from is gone. */
static void unite(uint64_t **to, uint64_t *from) {
    if (!*to) {
        *to = from;
        return;
    }
    for (uint32_t i = 0; from && i < FRAME_WORDS; i++)
        (*to)[i] |= from[i];
    free(from);
}

uint64_t memory_count(const uint64_t *frames) {
    uint64_t count = 0;

    for (uint32_t i = 0; frames && i < FRAME_WORDS; i++)
        count += (uint64_t)__builtin_popcountll(frames[i]);
    return count;
}

/* ---- intervals --------------------------------------------------------------------------------------------------- */

/* The second into the first, and the second is empty. */
static void merge(struct interval *first, struct interval *second) {
    for (unsigned use = 0; use < FRAME_USES; use++)
        unite(&first->frames[use], second->frames[use]);
    unite(&first->written, second->written);
    for (unsigned row = 0; row < MEMORY_ROWS; row++)
        first->heat[row] += second->heat[row];
    *second = (struct interval){ 0 };
}

static void double_length(struct memory *memory) {
    for (uint32_t i = 0; i < memory->count; i += 2) {
        struct interval both = memory->intervals[i];

        if (i + 1 < memory->count)
            merge(&both, &memory->intervals[i + 1]);
        memory->intervals[i] = (struct interval){ 0 };
        memory->intervals[i / 2] = both;
    }
    memory->count = (memory->count + 1) / 2;
    memory->length *= 2;
}

static struct interval *interval_at(struct memory *memory, uint64_t time) {
    if (!memory->begun)
        memory->begin = time;
    memory->begun = true;
    while ((time - memory->begin) / memory->length >= memory->wanted)
        double_length(memory);
    uint32_t index = (uint32_t)((time - memory->begin) / memory->length);

    if (index >= memory->count)
        memory->count = index + 1;
    return &memory->intervals[index];
}

static void touch(struct memory *memory, uint64_t time, uint32_t mfn, enum frame_use use, uint64_t times,
                  bool writes) {
    struct interval *interval = interval_at(memory, time);
    uint32_t row = (uint32_t)((uint64_t)mfn * MEMORY_ROWS / memory->frame_count);

    set_bit(&interval->frames[use], mfn);
    set_bit(&memory->seen[use], mfn);
    if (writes)
        set_bit(&interval->written, mfn);
    interval->heat[row < MEMORY_ROWS ? row : MEMORY_ROWS - 1] += times;
}

/* ---- what comes -------------------------------------------------------------------------------------------------- */

static void on_run(struct memory *memory, const struct stream_item *item) {
    const struct stream_run *run = &item->run;
    uint32_t mfn = run->code->mfn % FRAMES;
    uint64_t instructions = run->count - 1ull + run->passes;
    enum frame_use use = frames_use(&memory->frames, mfn);

    memory->by_use[use].instructions += instructions;
    memory->by_frame[mfn].instructions += instructions;
    touch(memory, item->time, mfn, use, instructions, false);
    reuse_refer(&memory->reuse, mfn);
}

static void on_access(struct memory *memory, const struct stream_item *item) {
    const struct stream_access *access = &item->access;
    uint32_t mfn = access->physical >> 12;
    enum frame_use use = frames_use(&memory->frames, mfn);

    memory->accesses++;
    memory->by_use[use].reads += access->kind & ACCESS_READ ? 1 : 0;
    memory->by_use[use].writes += access->kind & ACCESS_WRITE ? 1 : 0;
    memory->by_frame[mfn].reads += access->kind & ACCESS_READ ? 1 : 0;
    memory->by_frame[mfn].writes += access->kind & ACCESS_WRITE ? 1 : 0;
    touch(memory, item->time, mfn, use, 1, access->kind & ACCESS_WRITE);
    reuse_refer(&memory->reuse, mfn);
}

static void on_walk(struct memory *memory, const struct stream_item *item) {
    const struct stream_walk *walk = &item->walk;

    for (uint32_t level = 0; level < walk->levels; level++) {
        uint32_t mfn = walk->entry[level] >> 12, sets = walk->set >> level & 1;
        enum frame_use use = frames_use(&memory->frames, mfn);

        memory->by_use[use].walk_reads++;
        memory->by_use[use].walk_sets += sets;
        memory->by_frame[mfn].walk_reads++;
        memory->by_frame[mfn].walk_sets += sets;
        touch(memory, item->time, mfn, use, 1, sets);
    }
}

void memory_item(void *state, const struct context *context, const struct stream_item *item) {
    struct memory *memory = state;

    (void)context;
    if (item->kind == STREAM_RUN)
        on_run(memory, item);
    else if (item->kind == STREAM_ACCESS)
        on_access(memory, item);
    else if (item->kind == STREAM_WALK)
        on_walk(memory, item);
}

void memory_event(void *state, const struct context *context, const struct event *event) {
    struct memory *memory = state;
    const struct trace_record_hypervisor_start *start = (const void *)event->bytes;

    (void)context;
    frames_event(&memory->frames, event);
    if (event->header.id == TRACE_ID_hypervisor_start && start->memory_frames && start->memory_frames <= FRAMES)
        memory->frame_count = start->memory_frames;
}

struct memory *memory_new(const struct follow *follow, uint32_t intervals) {
    struct memory *memory = calloc(1, sizeof(*memory));

    if (!memory)
        return NULL;
    memory->follow = follow;
    memory->frame_count = FRAMES;
    memory->wanted = intervals;
    memory->length = MEMORY_FIRST_LENGTH;
    reuse_begin(&memory->reuse, FRAMES);
    return memory;
}

void memory_free(struct memory *memory) {
    for (uint32_t i = 0; i < memory->count; i++) {
        for (unsigned use = 0; use < FRAME_USES; use++)
            free(memory->intervals[i].frames[use]);
        free(memory->intervals[i].written);
    }
    for (unsigned use = 0; use < FRAME_USES; use++)
        free(memory->seen[use]);
    reuse_free(&memory->reuse);
    free(memory);
}

uint64_t touched_sum(const struct touched *touched) {
    return touched->instructions + touched->reads + touched->writes + touched->walk_reads + touched->walk_sets;
}

uint32_t memory_hottest(const struct memory *memory, uint32_t *list, uint32_t room) {
    uint32_t count = 0;

    for (uint32_t mfn = 0; mfn < FRAMES && room; mfn++) {
        uint64_t sum = touched_sum(&memory->by_frame[mfn]);
        uint32_t at;

        if (!sum || (count == room && sum <= touched_sum(&memory->by_frame[list[count - 1]])))
            continue;
        count += count < room;
        for (at = count - 1; at && touched_sum(&memory->by_frame[list[at - 1]]) < sum; at--)
            list[at] = list[at - 1];
        list[at] = mfn;
    }
    return count;
}
