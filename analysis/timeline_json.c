/*
 * timeline_json.c - a timeline as JSON in columns of numbers; see timeline_print.h and docs/timeline.md.
 */
#include "analysis/json.h"
#include "analysis/timeline_print.h"

enum column { COLUMN_START, COLUMN_LENGTH, COLUMN_NAME, COLUMN_DETAIL, COLUMN_VALUE, COLUMNS };

static int64_t item_at(const struct timeline_view *view, const struct store_lane *lane, enum column column,
                       uint32_t i) {
    const struct store_item *item = &lane->items[i];

    switch (column) {
    case COLUMN_START:
        return (int64_t)(item->from - (i ? lane->items[i - 1].from : view->from));
    case COLUMN_LENGTH:
        return (int64_t)(item->to - item->from);
    case COLUMN_NAME:
        return item->name;
    case COLUMN_DETAIL:
        return item->detail;
    default:
        return item->value;
    }
}

/* A column without a number other than 0 is left out. */
static void put_items(struct json *json, const struct timeline_view *view, const struct store_lane *lane) {
    static const char *const keys[COLUMNS] = { "start", "length", "name", "detail", "value" };

    json_begin(json, "items", '{');
    for (enum column column = COLUMN_START; column < COLUMNS; column++) {
        bool needed = column == COLUMN_START;

        for (uint32_t i = 0; i < lane->item_count && !needed; i++)
            needed = item_at(view, lane, column, i) != 0;
        if (!needed)
            continue;
        json_row_begin(json, keys[column]);
        for (uint32_t i = 0; i < lane->item_count; i++)
            json_row_number(json, item_at(view, lane, column, i));
        json_row_end(json);
    }
    json_end(json, '}');
}

static void put_bins(struct json *json, const struct store_lane *lane) {
    json_begin(json, "bins", '{');
    json_row_begin(json, "bin");
    for (uint32_t i = 0; i < lane->cell_count; i++)
        json_row_number(json, (int64_t)lane->cells[i].bin - (i ? lane->cells[i - 1].bin : 0));
    json_row_end(json);
    json_row_begin(json, "name");
    for (uint32_t i = 0; i < lane->cell_count; i++)
        json_row_number(json, lane->cells[i].name);
    json_row_end(json);
    json_row_begin(json, "count");
    for (uint32_t i = 0; i < lane->cell_count; i++)
        json_row_number(json, (int64_t)lane->cells[i].count);
    json_row_end(json);
    if (timeline_lanes[lane->lane].shape != SHAPE_POINTS) {
        json_row_begin(json, "amount");
        for (uint32_t i = 0; i < lane->cell_count; i++)
            json_row_number(json, (int64_t)lane->cells[i].amount);
        json_row_end(json);
    }
    json_end(json, '}');
}

static void put_totals(struct json *json, const struct store_lane *lane) {
    json_begin(json, "totals", '{');
    json_row_begin(json, "name");
    for (uint32_t i = 0; i < lane->total_count; i++)
        json_row_number(json, lane->totals[i].name);
    json_row_end(json);
    json_row_begin(json, "count");
    for (uint32_t i = 0; i < lane->total_count; i++)
        json_row_number(json, (int64_t)lane->totals[i].count);
    json_row_end(json);
    if (timeline_lanes[lane->lane].shape != SHAPE_POINTS) {
        json_row_begin(json, "amount");
        for (uint32_t i = 0; i < lane->total_count; i++)
            json_row_number(json, (int64_t)lane->totals[i].amount);
        json_row_end(json);
    }
    json_end(json, '}');
}

static void put_lane(struct json *json, const struct timeline_view *view, const struct store_lane *lane) {
    static const char *const shapes[] = {
        [SHAPE_SPANS] = "spans", [SHAPE_POINTS] = "points", [SHAPE_LEVEL] = "level",
    };
    const struct timeline_lane_kind *kind = &timeline_lanes[lane->lane];
    char owner[64];

    json_begin(json, NULL, '{');
    json_text(json, "lane", kind->name);
    json_text(json, "owner",
              timeline_owner(view->timeline, lane->lane, lane->domain, lane->vcpu, owner, sizeof(owner)));
    if (lane->domain == NOBODY)
        json_null(json, "domain");
    else
        json_number(json, "domain", lane->domain);
    if (lane->domain == NOBODY || lane->lane < LANE_STATE)
        json_null(json, "vcpu");
    else
        json_number(json, "vcpu", lane->vcpu);
    json_text(json, "shape", shapes[kind->shape]);
    json_text(json, "value", kind->value);
    json_number(json, "count", lane->count);
    put_totals(json, lane);
    put_bins(json, lane);
    if (lane->given_up)
        json_null(json, "items");
    else
        put_items(json, view, lane);
    json_end(json, '}');
}

static void put_domains(struct json *json, const struct domains *domains) {
    json_begin(json, "domains", '[');
    for (uint32_t i = 0; i < domains->count; i++) {
        json_begin(json, NULL, '{');
        if (i == NOBODY)
            json_null(json, "domid");
        else
            json_number(json, "domid", domains->list[i].domid);
        json_number(json, "life", domains->list[i].life);
        json_end(json, '}');
    }
    json_end(json, ']');
}

void print_timeline_json(FILE *to, const struct timeline_view *view) {
    struct json json = { .to = to };
    const char *missing;

    json_begin(&json, NULL, '{');
    json_number(&json, "format", 1);
    json_number(&json, "from", view->from);
    json_number(&json, "until", view->until);
    if (view->timeline->guest)
        json_number(&json, "guest", view->timeline->guest);
    else
        json_null(&json, "guest");
    json_begin(&json, "missing", '[');
    for (uint32_t at = 0; (missing = timeline_missing(view->timeline, &at));)
        json_text(&json, NULL, missing);
    json_end(&json, ']');
    json_number(&json, "bin", 1ull << view->store->shift);
    put_domains(&json, &view->timeline->domains);
    json_begin(&json, "names", '[');
    for (uint32_t i = 0; i < view->store->name_count; i++)
        json_text(&json, NULL, view->store->names[i]);
    json_end(&json, ']');
    json_begin(&json, "lanes", '[');
    for (uint32_t i = 0; i < view->store->lane_count; i++)
        put_lane(&json, view, &view->store->lanes[i]);
    json_end(&json, ']');
    json_end(&json, '}');
}
