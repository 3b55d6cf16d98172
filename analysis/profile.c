/*
 * profile.c - see profile.h.
 */
#include "analysis/profile.h"

#include <stdlib.h>
#include <string.h>

/* A run in code of several functions: the instructions of each, one function after another. */
static void count_several(struct profile *profile, const struct context *context, const struct block *block,
                          const struct stream_run *run) {
    uint32_t address = run->code->address + code_offset(run->code, run->first), begin = address;
    uint32_t end = (uint32_t)run->first + run->count;
    bool first = true;

    for (uint32_t i = run->first; i < end;) {
        uint32_t function = image_function(block->image, address);
        uint64_t instructions = 0;

        for (; i < end && image_function(block->image, address) == function; i++) {
            address += run->code->lengths[i];
            instructions += i + 1 == end ? run->passes : 1;
        }
        if (first)
            paths_run(&profile->paths, context, block, run, function, begin, instructions);
        else
            paths_enter(&profile->paths, function, instructions);
        if (profile->entries)
            entries_run(profile->entries, context, function, instructions);
        first = false;
    }
}

static void count_run(struct profile *profile, const struct context *context, const struct stream_run *run) {
    profile->blocks.images = profile->images;
    const struct block *block = blocks_at(&profile->blocks, context, run->code);
    uint64_t instructions = run_time(run);

    profile->instructions += instructions;
    profile->ring[run->ring] += instructions;
    if (block->several) {
        count_several(profile, context, block, run);
        return;
    }
    uint32_t address = run->code->address + code_offset(run->code, run->first);

    paths_run(&profile->paths, context, block, run, block->function, address, instructions);
    if (profile->entries)
        entries_run(profile->entries, context, block->function, instructions);
}

void profile_item(struct profile *profile, const struct context *context, const struct stream_item *item) {
    if (item->kind == STREAM_RUN) {
        count_run(profile, context, &item->run);
    } else if (item->kind == STREAM_TRANSFER) {
        paths_transfer(&profile->paths, &item->transfer);
        if (profile->entries)
            entries_transfer(profile->entries, &item->transfer);
    } else if (item->kind == STREAM_GAP) {
        paths_gap(&profile->paths);
        if (profile->entries)
            entries_gap(profile->entries);
    }
}

void profile_event(struct profile *profile, const struct context *context, const struct event *event) {
    (void)context;
    if (profile->entries)
        entries_event(profile->entries, event);
}

/* ---- adding up -------------------------------------------------------------------------------------------------- */

static bool is_recursive(const struct paths *paths, uint32_t node) {
    for (uint32_t at = paths->nodes[node].parent; at; at = paths->nodes[at].parent) {
        if (paths->nodes[at].function == paths->nodes[node].function)
            return true;
    }
    return false;
}

static int compare_functions(const void *left, const void *right) {
    const struct function_count *a = left, *b = right;

    if (a->instructions != b->instructions)
        return a->instructions > b->instructions ? -1 : 1;
    return a->function < b->function ? -1 : a->function > b->function;
}

static int compare_images(const void *left, const void *right) {
    const struct image_count *a = left, *b = right;

    return a->instructions > b->instructions ? -1 : a->instructions < b->instructions;
}

/* The totals of the nodes: children come behind their parents. */
static void add_up_nodes(struct profile *profile) {
    const struct paths *paths = &profile->paths;

    profile->totals = grow(NULL, paths->count, sizeof(*profile->totals));
    for (uint32_t i = 0; i < paths->count; i++)
        profile->totals[i] = paths->nodes[i].instructions;
    for (uint32_t i = paths->count; i-- > 1;)
        profile->totals[paths->nodes[i].parent] += profile->totals[i];
}

/* All functions first, by their numbers; then only those that were executed. */
static void add_up_functions(struct profile *profile) {
    const struct paths *paths = &profile->paths;
    uint32_t used = 0;

    profile->functions = grow(NULL, profile->images->functions, sizeof(*profile->functions));
    memset(profile->functions, 0, profile->images->functions * sizeof(*profile->functions));
    for (uint32_t i = 1; i < paths->count; i++) {
        struct function_count *function = &profile->functions[paths->nodes[i].function];

        function->calls += paths->nodes[i].calls;
        function->instructions += paths->nodes[i].instructions;
        if (!is_recursive(paths, i))
            function->with_callees += profile->totals[i];
    }
    for (uint32_t i = 0; i < profile->images->functions; i++) {
        struct function_count function = profile->functions[i];

        if (!function.with_callees)
            continue;
        function.function = i;
        function.image = images_of_function(profile->images, i, &function.name);
        profile->functions[used++] = function;
    }
    profile->function_count = used;
    if (used)
        qsort(profile->functions, used, sizeof(*profile->functions), compare_functions);
}

static void add_up_images(struct profile *profile) {
    profile->by_image = grow(NULL, profile->images->count, sizeof(*profile->by_image));
    for (uint32_t i = 0; i < profile->images->count; i++) {
        struct image_count count = { .image = profile->images->list[i] };

        for (uint32_t j = 0; j < profile->function_count; j++) {
            if (profile->functions[j].image == count.image)
                count.instructions += profile->functions[j].instructions;
        }
        if (count.instructions)
            profile->by_image[profile->image_count++] = count;
    }
    if (profile->image_count)
        qsort(profile->by_image, profile->image_count, sizeof(*profile->by_image), compare_images);
}

void profile_finish(struct profile *profile) {
    add_up_nodes(profile);
    add_up_functions(profile);
    add_up_images(profile);
    if (profile->entries)
        entries_finish(profile->entries);
}

void profile_free(struct profile *profile) {
    blocks_free(&profile->blocks);
    paths_free(&profile->paths);
    free(profile->functions);
    free(profile->by_image);
    free(profile->totals);
}
