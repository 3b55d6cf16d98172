/*
 * timeline_print.c - a timeline as a table and as a listing; see timeline_print.h.
 */
#include "analysis/timeline_print.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/grid.h"

static const struct {
    uint32_t bit;
    const char *name;
} classes[] = {
    { TRACE_CLASS_marker, "marker" }, { TRACE_CLASS_hypercall, "hypercall" }, { TRACE_CLASS_fault, "fault" },
    { TRACE_CLASS_shadow, "shadow" }, { TRACE_CLASS_flush, "flush" },         { TRACE_CLASS_mmu, "mmu" },
    { TRACE_CLASS_sched, "sched" },
};

const char *timeline_missing(const struct timeline *timeline, uint32_t *at) {
    while (timeline->classes && *at < sizeof(classes) / sizeof(classes[0])) {
        uint32_t i = (*at)++;

        if (!(timeline->classes & classes[i].bit))
            return classes[i].name;
    }
    return NULL;
}

static void print_missing(FILE *to, const struct timeline_view *view) {
    const char *name, *before = "\nLanes may be empty because record classes were off (boot option classes=): ";

    for (uint32_t at = 0; (name = timeline_missing(view->timeline, &at)); before = ", ")
        fprintf(to, "%s%s", before, name);
    if (*before == ',')
        fputc('\n', to);
}

/* ---- the summary ------------------------------------------------------------------------------------------------ */

static void add_heading(struct grid *grid) {
    static const char *const heading[] = { "of", "lane", "name", "count", "instructions", "share" };

    grid_row(grid);
    grid->columns = sizeof(heading) / sizeof(heading[0]);
    grid->texts = 3;
    for (unsigned i = 0; i < grid->columns; i++)
        strcpy(grid_cell(grid, i), heading[i]);
}

static void add_total(struct grid *grid, const struct timeline_view *view, const struct store_lane *lane,
                      const struct store_total *total) {
    enum timeline_shape shape = timeline_lanes[lane->lane].shape;
    uint64_t window = view->until - view->from;

    snprintf(grid_cell(grid, 2), CELL_BYTES, "%s", view->store->names[total->name]);
    put_number(grid_cell(grid, 3), total->count);
    if (shape == SHAPE_LEVEL) {
        snprintf(grid_cell(grid, 2), CELL_BYTES, "at most %" PRIu64 " %s", total->amount,
                 timeline_lanes[lane->lane].value);
    } else if (shape == SHAPE_SPANS) {
        put_number(grid_cell(grid, 4), total->amount);
        if (window)
            snprintf(grid_cell(grid, 5), CELL_BYTES, "%.2f %%", 100.0 * (double)total->amount / (double)window);
    }
}

static void add_lane(struct grid *grid, const struct timeline_view *view, const struct store_lane *lane) {
    uint32_t shown = lane->total_count < view->top ? lane->total_count : view->top;

    for (uint32_t i = 0; i < shown; i++) {
        grid_row(grid);
        if (i == 0) {
            timeline_owner(view->timeline, lane->lane, lane->domain, lane->vcpu, grid_cell(grid, 0), CELL_BYTES);
            strcpy(grid_cell(grid, 1), timeline_lanes[lane->lane].name);
        }
        add_total(grid, view, lane, &lane->totals[i]);
    }
    if (shown < lane->total_count) {
        struct store_total rest = { .count = 0 };

        for (uint32_t i = shown; i < lane->total_count; i++) {
            rest.count += lane->totals[i].count;
            rest.amount += lane->totals[i].amount;
        }
        grid_row(grid);
        add_total(grid, view, lane, &rest);
        snprintf(grid_cell(grid, 2), CELL_BYTES, "and %" PRIu32 " more", lane->total_count - shown);
    }
}

static void print_window(FILE *to, const struct timeline_view *view) {
    char from[CELL_BYTES], until[CELL_BYTES];

    put_number(from, view->from);
    put_number(until, view->until);
    fprintf(to, "From instruction %s to %s\n\n", from, until);
}

void print_timeline_summary(FILE *to, const struct timeline_view *view) {
    struct grid grid = { 0 };

    print_window(to, view);
    add_heading(&grid);
    for (uint32_t i = 0; i < view->store->lane_count; i++)
        add_lane(&grid, view, &view->store->lanes[i]);
    print_grid(to, &grid);
    grid_free(&grid);
    print_missing(to, view);
}

/* ---- the listing ------------------------------------------------------------------------------------------------ */

struct listed {
    const struct store_lane *lane;
    const struct store_item *item;
};

/* By time; what lasts longer first; then by lane, and in the order of the trace. */
static int compare_listed(const void *left, const void *right) {
    const struct listed *a = left, *b = right;

    if (a->item->from != b->item->from)
        return a->item->from < b->item->from ? -1 : 1;
    if (a->item->to != b->item->to)
        return a->item->to > b->item->to ? -1 : 1;
    if (a->lane != b->lane)
        return a->lane < b->lane ? -1 : 1;
    return a->item < b->item ? -1 : a->item > b->item;
}

static void print_item(FILE *to, const struct timeline_view *view, const struct listed *listed) {
    const struct timeline_lane_kind *kind = &timeline_lanes[listed->lane->lane];
    const struct store_item *item = listed->item;
    const char *detail = view->store->names[item->detail];
    char owner[64], length[24] = "";

    if (kind->shape != SHAPE_POINTS)
        snprintf(length, sizeof(length), "+%" PRIu64, item->to - item->from);
    timeline_owner(view->timeline, listed->lane->lane, listed->lane->domain, listed->lane->vcpu, owner,
                   sizeof(owner));
    fprintf(to, "%" PRIu64 " %-10s %-16s %-13s %s%s%s", item->from, length, owner, kind->name,
            view->store->names[item->name], *detail ? ", " : "", detail);
    if (kind->value)
        fprintf(to, kind->hex ? " %s=0x%" PRIx64 : " %s=%" PRId64, kind->value, item->value);
    fputc('\n', to);
}

void print_timeline_list(FILE *to, const struct timeline_view *view) {
    struct listed *list = grow(NULL, view->store->kept, sizeof(*list));
    size_t count = 0;

    print_window(to, view);
    for (uint32_t i = 0; i < view->store->lane_count; i++) {
        const struct store_lane *lane = &view->store->lanes[i];

        for (uint32_t j = 0; j < lane->item_count; j++)
            list[count++] = (struct listed){ lane, &lane->items[j] };
    }
    if (count)
        qsort(list, count, sizeof(*list), compare_listed);
    for (size_t i = 0; i < count; i++)
        print_item(to, view, &list[i]);
    free(list);
    for (uint32_t i = 0; i < view->store->lane_count; i++) {
        if (view->store->lanes[i].given_up)
            fprintf(to, "\nLane %s is not listed, it has too many: %" PRIu64 " (--detail)\n",
                    timeline_lanes[view->store->lanes[i].lane].name, view->store->lanes[i].count);
    }
    print_missing(to, view);
}
