/*
 * table.c - flush statistics for people: a table of the guest's time, then what lies outside it.
 */
#include <inttypes.h>
#include <string.h>

#include "analysis/grid.h"
#include "analysis/print.h"

const struct dimension_name dimension_names[4] = {
    { BY_CAUSE, "cause" }, { BY_MEANS, "means" }, { BY_DOMAIN, "domain" }, { BY_PROCESS, "process" },
};

static void add_heading(struct grid *grid, unsigned dimensions) {
    static const char *const numbers[] = { "calls", "flushes", "mov cr3", "invlpg",      "cr0/cr4",   "elided",
                                           "whole", "pages",   "walks",   "walks/flush", "median gap" };

    grid_row(grid);
    for (unsigned i = 0; i < 4; i++) {
        if (dimensions & dimension_names[i].dimension)
            strcpy(grid_cell(grid, grid->columns++), dimension_names[i].name);
    }
    grid->texts = grid->columns;
    for (unsigned i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        strcpy(grid_cell(grid, grid->columns++), numbers[i]);
}

static void add_numbers(struct grid *grid, const struct tally *tally) {
    const uint64_t numbers[] = {
        tally->calls,
        tally->flushes,
        tally->by_means[TRACE_MEANS_mov_cr3],
        tally->by_means[TRACE_MEANS_invlpg],
        tally->by_means[TRACE_MEANS_mov_cr0] + tally->by_means[TRACE_MEANS_mov_cr4]
            + tally->by_means[TRACE_MEANS_task_switch],
        tally->elided,
        tally->whole,
        tally->pages,
        tally->walks,
    };
    unsigned column = grid->texts;

    for (unsigned i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        put_number(grid_cell(grid, column++), numbers[i]);
    put_mean(grid_cell(grid, column), tally->walks, tally->flushes);
    put_number(grid_cell(grid, column + 1), tally_since(tally, 50));
}

static void print_phase(FILE *to, const struct flush_phase *phase, unsigned dimensions,
                        const struct processes *processes) {
    struct grid grid = { 0 };

    add_heading(&grid, dimensions);
    for (uint32_t i = 0; i < phase->groups[0].count; i++) {
        unsigned column = 0;

        grid_row(&grid);
        for (unsigned d = 0; d < 4; d++) {
            if (dimensions & dimension_names[d].dimension)
                tally_title(&phase->groups[0].list[i], dimension_names[d].dimension, processes,
                            grid_cell(&grid, column++), CELL_BYTES);
        }
        add_numbers(&grid, &phase->groups[0].list[i]);
    }
    if (phase->total.count) {
        grid_row(&grid);
        strcpy(grid_cell(&grid, 0), "total");
        add_numbers(&grid, &phase->total.list[0]);
    }
    print_grid(to, &grid);
    grid_free(&grid);
}

static void print_count(FILE *to, const char *before, uint64_t count, const char *after) {
    char text[CELL_BYTES];

    put_number(text, count);
    fprintf(to, "%s: %s%s\n", before, count ? text : "none", after);
}

static void print_outside(FILE *to, const struct flushes *flushes) {
    const struct tallies *boot = &flushes->boot.total;
    char after[CELL_BYTES];

    fputc('\n', to);
    print_count(to, "Page walks before the first of these flushes", flushes->run.walks_before, "");
    print_count(to, "Control-register writes that drop no entry", flushes->unchanged, " (not counted above)");
    print_count(to, "Flushes before the guest's first instruction", boot->count ? boot->list[0].flushes : 0,
                " (not counted above)");
    snprintf(after, sizeof(after), "; unexplained: %" PRIu64, flushes->unexplained);
    print_count(to, "Flush records that agree with what the processor did", flushes->reconciled, after);
}

void print_table(FILE *to, const struct flushes *flushes) {
    char first[CELL_BYTES], last[CELL_BYTES];

    if (flushes->without_records) {
        fprintf(to, "This run recorded no flushes: the record class 'flush' was off (boot option classes=)\n");
        return;
    }
    put_number(first, flushes->run.first_time);
    put_number(last, flushes->run.last_time);
    if (flushes->running)
        fprintf(to, "TLB flushes from the guest's first instruction (at instruction %s) to the end (%s)\n\n", first,
                last);
    else
        fprintf(to, "The guest did not start: no TLB flush to count\n\n");
    print_phase(to, &flushes->run, flushes->groupings[0], flushes->processes);
    print_outside(to, flushes);
}
