/*
 * memory_print.c - what a trace touched: as tables for people and as CSV.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/grid.h"
#include "analysis/map.h"
#include "analysis/memory.h"

static const char *const touched_names[] = { "instructions", "reads", "writes", "walk reads", "walk sets" };

#define TOUCHED_NUMBERS 5u

static void touched_numbers(const struct touched *touched, uint64_t numbers[TOUCHED_NUMBERS]) {
    numbers[0] = touched->instructions;
    numbers[1] = touched->reads;
    numbers[2] = touched->writes;
    numbers[3] = touched->walk_reads;
    numbers[4] = touched->walk_sets;
}

static void put_touched(struct grid *grid, unsigned column, const struct touched *touched) {
    uint64_t numbers[TOUCHED_NUMBERS];

    touched_numbers(touched, numbers);
    for (unsigned i = 0; i < TOUCHED_NUMBERS; i++)
        put_number(grid_cell(grid, column + i), numbers[i]);
}

static void put_heading(struct grid *grid, const char *const *heading, unsigned count) {
    grid_row(grid);
    for (unsigned i = 0; i < count; i++)
        strcpy(grid_cell(grid, i), heading[i]);
    grid->columns = count;
}

static void print_uses(FILE *to, const struct memory *memory) {
    static const char *const heading[] = { "frames used as", "frames",     "instructions", "reads",
                                           "writes",         "walk reads", "walk sets" };
    struct grid grid = { .texts = 1 };

    put_heading(&grid, heading, 7);
    for (unsigned use = 0; use < FRAME_USES; use++) {
        grid_row(&grid);
        strcpy(grid_cell(&grid, 0), frame_use_names[use]);
        put_number(grid_cell(&grid, 1), memory_count(memory->seen[use]));
        put_touched(&grid, 2, &memory->by_use[use]);
    }
    print_grid(to, &grid);
    grid_free(&grid);
}

/* Frames that were touched in the interval, whatever their use. */
static uint64_t all_frames(const struct interval *interval) {
    uint64_t count = 0;

    for (uint32_t i = 0; i < FRAME_WORDS; i++) {
        uint64_t word = 0;

        for (unsigned use = 0; use < FRAME_USES; use++)
            word |= interval->frames[use] ? interval->frames[use][i] : 0;
        count += (uint64_t)__builtin_popcountll(word);
    }
    return count;
}

static void print_intervals(FILE *to, const struct memory *memory) {
    static const char *const heading[] = { "from instruction", "frames", "hypervisor", "shadow table", "guest",
                                           "guest table",      "written" };
    struct grid grid = { 0 };
    char length[CELL_BYTES];

    put_number(length, memory->length);
    fprintf(to, "\nWorking sets, frames touched in %s instructions\n\n", length);
    put_heading(&grid, heading, 7);
    for (uint32_t i = 0; i < memory->count; i++) {
        const struct interval *interval = &memory->intervals[i];

        grid_row(&grid);
        put_number(grid_cell(&grid, 0), memory->begin + i * memory->length);
        put_number(grid_cell(&grid, 1), all_frames(interval));
        for (unsigned use = 0; use < FRAME_USES; use++)
            put_number(grid_cell(&grid, 2 + use), memory_count(interval->frames[use]));
        put_number(grid_cell(&grid, 6), memory_count(interval->written));
    }
    print_grid(to, &grid);
    grid_free(&grid);
}

static void print_hottest(FILE *to, const struct memory *memory, uint32_t top) {
    static const char *const heading[] = { "hottest frames", "used as",    "instructions", "reads",
                                           "writes",         "walk reads", "walk sets" };
    uint32_t *list = grow(NULL, top + 1, sizeof(*list)), count = memory_hottest(memory, list, top);
    struct grid grid = { .texts = 2 };

    put_heading(&grid, heading, 7);
    for (uint32_t i = 0; i < count; i++) {
        grid_row(&grid);
        snprintf(grid_cell(&grid, 0), CELL_BYTES, "%#" PRIx32, list[i]);
        strcpy(grid_cell(&grid, 1), frame_use_names[frames_use(&memory->frames, list[i])]);
        put_touched(&grid, 2, &memory->by_frame[list[i]]);
    }
    fputc('\n', to);
    print_grid(to, &grid);
    grid_free(&grid);
    free(list);
}

static void print_reuse(FILE *to, const struct memory *memory) {
    static const char *const heading[] = { "other frames between", "references", "these and nearer" };
    const struct reuse *reuse = &memory->reuse;
    struct grid grid = { 0 };
    uint64_t sum = 0;

    fprintf(to, "\nReuse: frames that were referenced between two references to the same one\n\n");
    put_heading(&grid, heading, 3);
    for (unsigned bucket = 0; bucket < REUSE_BUCKETS; bucket++) {
        uint32_t first = reuse_bucket_first(bucket);

        if (!reuse->buckets[bucket])
            continue;
        sum += reuse->buckets[bucket];
        grid_row(&grid);
        if (bucket < 2)
            snprintf(grid_cell(&grid, 0), CELL_BYTES, "%" PRIu32, first);
        else
            snprintf(grid_cell(&grid, 0), CELL_BYTES, "%" PRIu32 "-%" PRIu32, first, 2 * first - 1);
        put_number(grid_cell(&grid, 1), reuse->buckets[bucket]);
        snprintf(grid_cell(&grid, 2), CELL_BYTES, "%.3f%%", 100.0 * (double)sum / (double)reuse->references);
    }
    grid_row(&grid);
    strcpy(grid_cell(&grid, 0), "first reference");
    put_number(grid_cell(&grid, 1), reuse->first);
    print_grid(to, &grid);
    grid_free(&grid);
}

void print_memory_table(FILE *to, const struct memory *memory, uint32_t top) {
    if (!memory->accesses)
        fprintf(to, "The trace has no data accesses: instructions and page walks only\n\n");
    print_uses(to, memory);
    print_intervals(to, memory);
    if (top)
        print_hottest(to, memory, top);
    print_reuse(to, memory);
}

static void put_csv(FILE *to, const char *about, uint64_t key, const char *name, const struct touched *touched) {
    uint64_t numbers[TOUCHED_NUMBERS];

    touched_numbers(touched, numbers);
    for (unsigned i = 0; i < TOUCHED_NUMBERS; i++)
        fprintf(to, "%s,%" PRIu64 ",%s,%s,%" PRIu64 "\n", about, key, name, touched_names[i], numbers[i]);
}

void print_memory_csv(FILE *to, const struct memory *memory, uint32_t top) {
    uint32_t *list = grow(NULL, top + 1, sizeof(*list)), count = memory_hottest(memory, list, top);

    fprintf(to, "about,key,name,measure,count\n");
    for (unsigned use = 0; use < FRAME_USES; use++) {
        fprintf(to, "use,%u,%s,frames,%" PRIu64 "\n", use, frame_use_names[use], memory_count(memory->seen[use]));
        put_csv(to, "use", use, frame_use_names[use], &memory->by_use[use]);
    }
    for (uint32_t i = 0; i < memory->count; i++) {
        const struct interval *interval = &memory->intervals[i];
        uint64_t from = memory->begin + i * memory->length;

        fprintf(to, "interval,%" PRIu64 ",all,frames,%" PRIu64 "\n", from, all_frames(interval));
        for (unsigned use = 0; use < FRAME_USES; use++)
            fprintf(to, "interval,%" PRIu64 ",%s,frames,%" PRIu64 "\n", from, frame_use_names[use],
                    memory_count(interval->frames[use]));
        fprintf(to, "interval,%" PRIu64 ",all,written,%" PRIu64 "\n", from, memory_count(interval->written));
        for (unsigned row = 0; row < MEMORY_ROWS; row++)
            fprintf(to, "heat,%" PRIu64 ",%u,references,%" PRIu64 "\n", from, row, interval->heat[row]);
    }
    for (uint32_t i = 0; i < count; i++)
        put_csv(to, "frame", list[i], frame_use_names[frames_use(&memory->frames, list[i])],
                &memory->by_frame[list[i]]);
    for (unsigned bucket = 0; bucket < REUSE_BUCKETS; bucket++)
        fprintf(to, "reuse,%" PRIu32 ",distance,references,%" PRIu64 "\n", reuse_bucket_first(bucket),
                memory->reuse.buckets[bucket]);
    fprintf(to, "reuse,0,first,references,%" PRIu64 "\n", memory->reuse.first);
    free(list);
}
