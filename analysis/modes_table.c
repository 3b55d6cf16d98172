/*
 * modes_table.c - paging modes as tables for people; see modes_print.h.
 */
#include <string.h>

#include "analysis/grid.h"
#include "analysis/modes_print.h"

static void add_heading(struct grid *grid, const char *const *names, unsigned count) {
    grid_row(grid);
    grid->columns = count;
    grid->texts = 1;
    for (unsigned i = 0; i < count; i++)
        strcpy(grid_cell(grid, i), names[i]);
}

static void print_switches(FILE *to, const struct switches *switches) {
    static const char *const heading[] = {
        "mode switch", "switches", "refused", "least", "median", "most", "walks", "walks/switch",
    };
    struct grid grid = { 0 };

    if (switches->count == 0) {
        fprintf(to, "Mode switches: none\n");
        return;
    }
    fprintf(to, "Mode switches: the instructions of one, and the page walks from a switch to the next flush\n\n");
    add_heading(&grid, heading, sizeof(heading) / sizeof(heading[0]));
    for (uint32_t i = 0; i < switches->count; i++) {
        const struct switch_kind *kind = &switches->kinds[i];
        const uint64_t numbers[] = {
            kind->instructions.count,           kind->refused.count,
            samples_at(&kind->instructions, 0), samples_at(&kind->instructions, 50),
            samples_at(&kind->instructions, 100), kind->walks.sum,
        };
        unsigned column = 0;

        grid_row(&grid);
        switch_title(kind, grid_cell(&grid, column++), CELL_BYTES);
        for (unsigned n = 0; n < sizeof(numbers) / sizeof(numbers[0]); n++)
            put_number(grid_cell(&grid, column++), numbers[n]);
        put_mean(grid_cell(&grid, column), kind->walks.sum, kind->walks.count);
    }
    print_grid(to, &grid);
    grid_free(&grid);
}

static void print_types(FILE *to, const struct tables *tables) {
    char l1[CELL_BYTES], l2[CELL_BYTES], none[CELL_BYTES];

    if (tables->types.count == 0) {
        fprintf(to, "\nPage tables validated: none\n");
        return;
    }
    put_number(l1, groups_count(&tables->types, TRACE_TABLE_TYPE_l1));
    put_number(l2, groups_count(&tables->types, TRACE_TABLE_TYPE_l2));
    put_number(none, groups_count(&tables->types, TRACE_TABLE_TYPE_none));
    fprintf(to, "\nPage tables validated: L1 %s, L2 %s; no table any more: %s\n", l1, l2, none);
}

static void add_reconnects(struct grid *grid, const char *name, uint64_t count, uint64_t changed, uint64_t most) {
    grid_row(grid);
    strcpy(grid_cell(grid, 0), name);
    put_number(grid_cell(grid, 1), count);
    put_number(grid_cell(grid, 2), changed);
    put_mean(grid_cell(grid, 3), changed, count);
    put_number(grid_cell(grid, 4), most);
}

static void print_disconnects(FILE *to, const struct tables *tables) {
    static const char *const heading[] = { "connected again because", "tables", "entries changed", "mean", "most" };
    uint64_t again = groups_total(&tables->reconnects), changed = 0, most = 0;
    struct grid grid = { 0 };
    char disconnected[CELL_BYTES], connected[CELL_BYTES], name[CELL_BYTES];

    if (tables->disconnects == 0 && again == 0) {
        fprintf(to, "\nPage tables disconnected: none\n");
        return;
    }
    put_number(disconnected, tables->disconnects);
    put_number(connected, again);
    fprintf(to, "\nPage tables disconnected: %s, connected again: %s\n\n", disconnected, connected);
    add_heading(&grid, heading, sizeof(heading) / sizeof(heading[0]));
    for (uint32_t i = 0; i < tables->reconnects.count; i++) {
        const struct group *group = &tables->reconnects.list[i];
        uint64_t largest = samples_at(&group->samples, 100);

        changed += group->samples.sum;
        most = largest > most ? largest : most;
        add_reconnects(&grid, value_title(&trace_enumeration_reconnect, group->value, name, sizeof(name)),
                       group->samples.count, group->samples.sum, largest);
    }
    add_reconnects(&grid, "total", again, changed, most);
    print_grid(to, &grid);
    grid_free(&grid);
}

static void add_refusal(struct grid *grid, uint32_t reason, const struct modes *modes) {
    grid_row(grid);
    value_title(&trace_enumeration_refusal, reason, grid_cell(grid, 0), CELL_BYTES);
    put_number(grid_cell(grid, 1), groups_count(&modes->tables.refusals, reason));
    put_number(grid_cell(grid, 2), groups_count(&modes->switches.reasons, reason));
}

static void print_refusals(FILE *to, const struct modes *modes) {
    static const char *const heading[] = { "refused because", "requests", "mode switches" };
    const struct groups *requests = &modes->tables.refusals, *switches = &modes->switches.reasons;
    struct grid grid = { 0 };

    if (requests->count == 0 && switches->count == 0) {
        fprintf(to, "\nRefused: none\n");
        return;
    }
    fputc('\n', to);
    add_heading(&grid, heading, sizeof(heading) / sizeof(heading[0]));
    for (uint32_t i = 0; i < requests->count; i++)
        add_refusal(&grid, requests->list[i].value, modes);
    for (uint32_t i = 0; i < switches->count; i++) {
        if (groups_count(requests, switches->list[i].value) == 0)
            add_refusal(&grid, switches->list[i].value, modes);
    }
    print_grid(to, &grid);
    grid_free(&grid);
}

static void add_store(struct grid *grid, const char *name, uint64_t count) {
    grid_row(grid);
    strcpy(grid_cell(grid, 0), name);
    put_number(grid_cell(grid, 1), count);
}

static void print_fallbacks(FILE *to, const struct tables *tables) {
    static const char *const heading[] = { "store to a table not carried out", "stores" };
    const struct groups *fallbacks = &tables->fallbacks, *declined = &tables->declined;
    struct grid grid = { 0 };
    char text[CELL_BYTES];

    if (fallbacks->count == 0) {
        fprintf(to, "\nStores to tables not carried out: none\n");
        return;
    }
    fputc('\n', to);
    add_heading(&grid, heading, sizeof(heading) / sizeof(heading[0]));
    for (uint32_t i = 0; i < fallbacks->count; i++)
        add_store(&grid, value_title(&trace_enumeration_fallback, fallbacks->list[i].value, text, sizeof(text)),
                  fallbacks->list[i].samples.count);
    for (uint32_t i = 0; i < declined->count; i++) {
        char code[12];

        snprintf(text, sizeof(text), "  of instruction: %s", code_title(declined->list[i].value, code));
        add_store(&grid, text, declined->list[i].samples.count);
    }
    add_store(&grid, "total", groups_total(fallbacks));
    print_grid(to, &grid);
    grid_free(&grid);
}

void print_modes_table(FILE *to, const struct modes *modes) {
    print_switches(to, &modes->switches);
    print_types(to, &modes->tables);
    print_disconnects(to, &modes->tables);
    print_refusals(to, modes);
    print_fallbacks(to, &modes->tables);
    if (modes->tables.without_fallbacks)
        fprintf(to, "\nThis run recorded no stores that were not carried out: the record class 'shadow' was off\n"
                    "(boot option classes=)\n");
    if (modes->tables.without_records)
        fprintf(to, "\nThis run recorded neither disconnects nor refused requests: the record class 'mmu' was off\n"
                    "(boot option classes=)\n");
}
