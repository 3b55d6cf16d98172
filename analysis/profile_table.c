/*
 * profile_table.c - the tables of profile_print.h.
 */
#include <inttypes.h>
#include <string.h>

#include "analysis/grid.h"
#include "analysis/profile_print.h"

const char *const entries_by_titles[] = { "entry", "hypercall", "fault", "page-table write" };

static void put_cell(struct grid *grid, unsigned column, const char *text) {
    snprintf(grid_cell(grid, column), CELL_BYTES, "%.*s", CELL_BYTES - 1, text);
}

static void put_share(struct grid *grid, unsigned column, uint64_t part, uint64_t whole) {
    snprintf(grid_cell(grid, column), CELL_BYTES, "%.2f %%", whole ? 100.0 * (double)part / (double)whole : 0.0);
}

static void put_heads(struct grid *grid, const char *const *heads) {
    grid_row(grid);
    for (unsigned i = 0; i < grid->columns; i++)
        put_cell(grid, i, heads[i]);
}

static void finish(FILE *to, struct grid *grid) {
    print_grid(to, grid);
    grid_free(grid);
}

static void print_rings(FILE *to, const struct profile *profile) {
    struct grid grid = { .columns = 3, .texts = 1 };

    put_heads(&grid, (const char *const[]){ "ring", "instructions", "share" });
    for (unsigned ring = 0; ring < STREAM_RINGS; ring++) {
        if (!profile->ring[ring])
            continue;
        grid_row(&grid);
        snprintf(grid_cell(&grid, 0), CELL_BYTES, "%u", ring);
        put_number(grid_cell(&grid, 1), profile->ring[ring]);
        put_share(&grid, 2, profile->ring[ring], profile->instructions);
    }
    grid_row(&grid);
    put_cell(&grid, 0, "total");
    put_number(grid_cell(&grid, 1), profile->instructions);
    finish(to, &grid);
}

static void print_images(FILE *to, const struct profile *profile) {
    struct grid grid = { .columns = 3, .texts = 1 };
    char title[96];

    put_heads(&grid, (const char *const[]){ "image", "instructions", "share" });
    for (uint32_t i = 0; i < profile->image_count; i++) {
        grid_row(&grid);
        put_cell(&grid, 0, image_title(profile->images, profile->by_image[i].image, title, sizeof(title)));
        put_number(grid_cell(&grid, 1), profile->by_image[i].instructions);
        put_share(&grid, 2, profile->by_image[i].instructions, profile->instructions);
    }
    finish(to, &grid);
}

static void print_functions(FILE *to, const struct profile *profile, uint32_t most) {
    struct grid grid = { .columns = 7, .texts = 2 };
    char title[96];

    put_heads(&grid, (const char *const[]){ "image", "function", "calls", "instructions", "share", "with callees",
                                            "share" });
    for (uint32_t i = 0; i < profile->function_count && i < most; i++) {
        const struct function_count *function = &profile->functions[i];

        grid_row(&grid);
        put_cell(&grid, 0, image_title(profile->images, function->image, title, sizeof(title)));
        put_cell(&grid, 1, function->name);
        put_number(grid_cell(&grid, 2), function->calls);
        put_number(grid_cell(&grid, 3), function->instructions);
        put_share(&grid, 4, function->instructions, profile->instructions);
        put_number(grid_cell(&grid, 5), function->with_callees);
        put_share(&grid, 6, function->with_callees, profile->instructions);
    }
    finish(to, &grid);
}

void profile_print_table(FILE *to, const struct profile *profile, uint32_t most) {
    print_rings(to, profile);
    fputc('\n', to);
    print_images(to, profile);
    fputc('\n', to);
    print_functions(to, profile, most);
    if (profile->function_count > most)
        fprintf(to, "and %u functions more: --top %u shows them\n", profile->function_count - most,
                profile->function_count);
}

/* ---- entries ---------------------------------------------------------------------------------------------------- */

static void put_kind(struct grid *grid, const struct entry_kind *kind, uint64_t whole, bool with_writes) {
    const struct spread *spread = &kind->instructions;

    grid_row(grid);
    put_cell(grid, 0, kind->name);
    put_number(grid_cell(grid, 1), spread->count);
    put_number(grid_cell(grid, 2), spread->sum);
    put_share(grid, 3, spread->sum, whole);
    put_number(grid_cell(grid, 4), spread->least);
    put_number(grid_cell(grid, 5), spread_at(spread, 50));
    put_number(grid_cell(grid, 6), spread_at(spread, 90));
    put_number(grid_cell(grid, 7), spread->most);
    if (!with_writes)
        return;
    put_number(grid_cell(grid, 8), kind->writes);
    put_mean(grid_cell(grid, 9), spread->sum, kind->writes);
}

/* What a kind executed, in an entry on the average. */
static void print_kind_functions(FILE *to, const struct profile *profile, uint32_t kind, uint32_t most) {
    const struct entries *entries = profile->entries;
    struct grid grid = { .columns = 4, .texts = 1 };
    uint64_t count = entries->kinds[kind].instructions.count;
    const char *name;

    put_heads(&grid, (const char *const[]){ "  function", "instructions an entry", "share", "in entries" });
    for (uint32_t i = 0, shown = 0; i < entries->function_count && shown < most; i++) {
        const struct entry_function *function = &entries->functions[i];

        if (function->kind != kind)
            continue;
        images_of_function(profile->images, function->function, &name);
        grid_row(&grid);
        snprintf(grid_cell(&grid, 0), CELL_BYTES, "  %.*s", CELL_BYTES - 3, name);
        put_mean(grid_cell(&grid, 1), function->instructions, count);
        put_share(&grid, 2, function->instructions, entries->kinds[kind].instructions.sum);
        put_share(&grid, 3, function->entries, count);
        shown++;
    }
    fprintf(to, "\n%s\n", entries->kinds[kind].name);
    finish(to, &grid);
}

void entries_print_table(FILE *to, const struct profile *profile, uint32_t most) {
    const struct entries *entries = profile->entries;
    bool with_writes = entries->by == BY_PTE_WRITE;
    struct grid grid = { .columns = with_writes ? 10 : 8, .texts = 1 };

    put_heads(&grid, (const char *const[]){ entries_by_titles[entries->by], "entries", "instructions", "of ring 0",
                                            "least", "median", "90 %", "most", "writes", "instructions/write" });
    for (uint32_t i = 0; i < entries->count; i++)
        put_kind(&grid, &entries->kinds[i], profile->ring[0], with_writes);
    finish(to, &grid);
    for (uint32_t i = 0; i < entries->count && most; i++)
        print_kind_functions(to, profile, i, most);
}
