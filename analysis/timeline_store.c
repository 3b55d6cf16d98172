/*
 * timeline_store.c - see timeline_store.h.
 */
#include "analysis/timeline_store.h"

#include <stdlib.h>
#include <string.h>

/* Room for one more in a list that grows by doubling. */
static void *make_room(void *list, uint32_t count, uint32_t *room, size_t size) {
    if (count < *room)
        return list;
    *room = *room ? 2 * *room : 16;
    return grow(list, *room, size);
}

/* ---- texts ------------------------------------------------------------------------------------------------------ */

/* FNV-1a. */
static uint64_t hash_of(const char *text) {
    uint64_t hash = 0xcbf29ce484222325ull;

    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 0x100000001b3ull;
    return hash;
}

static uint32_t add_name(struct store *store, uint64_t key, const char *text) {
    store->names = grow(store->names, store->name_count + 1, sizeof(*store->names));
    store->names[store->name_count] = grow(NULL, strlen(text) + 1, 1);
    strcpy(store->names[store->name_count], text);
    map_put(&store->name_index, key, store->name_count);
    return store->name_count++;
}

static uint32_t name_of(struct store *store, const char *text) {
    uint64_t key = hash_of(text);
    const uint32_t *known;

    if (store->name_count == 0)
        add_name(store, hash_of(""), "");
    while ((known = map_get(&store->name_index, key))) {
        if (!strcmp(store->names[*known], text))
            return *known;
        key++;
    }
    if (store->name_count >= STORE_NAMES - 1 && strcmp(text, "more"))
        return name_of(store, "more");
    return add_name(store, key, text);
}

/* ---- cells ------------------------------------------------------------------------------------------------------ */

static struct store_cell *cell_of(struct store_lane *lane, uint32_t bin, uint32_t name) {
    uint64_t key = (uint64_t)bin * STORE_NAMES + name; /* dense: map.c hashes the low bits best */
    const uint32_t *known = map_get(&lane->cell_index, key);

    if (known)
        return &lane->cells[*known];
    lane->cells = make_room(lane->cells, lane->cell_count, &lane->cell_room, sizeof(*lane->cells));
    lane->cells[lane->cell_count] = (struct store_cell){ .bin = bin, .name = name };
    map_put(&lane->cell_index, key, lane->cell_count);
    return &lane->cells[lane->cell_count++];
}

static void add_amount(const struct store_lane *lane, uint64_t *to, uint64_t amount) {
    if (timeline_lanes[lane->lane].shape != SHAPE_LEVEL)
        *to += amount;
    else if (amount > *to)
        *to = amount;
}

/* Bins become twice as wide: what lay in two comes into one. */
static void halve(struct store_lane *lane) {
    struct store_cell *cells = lane->cells;
    uint32_t count = lane->cell_count;

    lane->cells = NULL;
    lane->cell_count = lane->cell_room = 0;
    map_free(&lane->cell_index);
    for (uint32_t i = 0; i < count; i++) {
        struct store_cell *to = cell_of(lane, cells[i].bin / 2, cells[i].name);

        to->count += cells[i].count;
        add_amount(lane, &to->amount, cells[i].amount);
    }
    free(cells);
}

static void reach(struct store *store, uint64_t time) {
    while ((time - store->from) >> store->shift >= store->bins) {
        store->shift++;
        for (uint32_t i = 0; i < store->lane_count; i++)
            halve(&store->lanes[i]);
    }
}

/* How much of an item's amount lies in a stretch: a span's instructions, a level wherever it reaches. */
static uint64_t amount_of(const struct timeline_item *item, uint64_t from, uint64_t to) {
    switch (timeline_lanes[item->lane].shape) {
    case SHAPE_LEVEL:
        return (uint64_t)item->value;
    case SHAPE_SPANS:
        return (item->to < to ? item->to : to) - (item->from > from ? item->from : from);
    default:
        return 0;
    }
}

static void add_cells(struct store *store, struct store_lane *lane, const struct timeline_item *item, uint32_t name) {
    if (store->bins == 0)
        return;
    reach(store, item->to);
    uint64_t first = (item->from - store->from) >> store->shift, last = (item->to - store->from) >> store->shift;

    for (uint64_t bin = first; bin <= last; bin++) {
        uint64_t begin = store->from + (bin << store->shift);

        if (bin > first && begin == item->to) /* it ends before this bin */
            break;
        struct store_cell *cell = cell_of(lane, (uint32_t)bin, name);

        cell->count += bin == first;
        add_amount(lane, &cell->amount, amount_of(item, begin, begin + (1ull << store->shift)));
    }
}

/* ---- items ------------------------------------------------------------------------------------------------------ */

static void add_total(struct store_lane *lane, const struct timeline_item *item, uint32_t name) {
    const uint32_t *known = map_get(&lane->total_index, name);
    uint32_t index = known ? *known : lane->total_count;

    if (!known) {
        lane->totals = grow(lane->totals, lane->total_count + 1, sizeof(*lane->totals));
        lane->totals[lane->total_count++] = (struct store_total){ .name = name };
        map_put(&lane->total_index, name, index);
    }
    lane->totals[index].count++;
    add_amount(lane, &lane->totals[index].amount, amount_of(item, item->from, item->to));
}

static void give_up(struct store *store, struct store_lane *lane) {
    store->kept -= lane->item_count;
    free(lane->items);
    lane->items = NULL;
    lane->item_count = lane->item_room = 0;
    lane->given_up = true;
}

static void keep(struct store *store, struct store_lane *lane, const struct timeline_item *item, uint32_t name) {
    struct store_lane *most = lane;

    if (lane->given_up)
        return;
    lane->items = make_room(lane->items, lane->item_count, &lane->item_room, sizeof(*lane->items));
    lane->items[lane->item_count++] = (struct store_item){
        item->from, item->to, name, name_of(store, item->detail), item->value,
    };
    if (++store->kept <= store->items)
        return;
    for (uint32_t i = 0; i < store->lane_count; i++) {
        if (store->lanes[i].item_count > most->item_count)
            most = &store->lanes[i];
    }
    give_up(store, most);
}

static struct store_lane *lane_for(struct store *store, const struct timeline_item *item) {
    uint64_t key = ((uint64_t)item->domain << 16 | item->vcpu) * TIMELINE_LANES + item->lane;
    const uint32_t *known = map_get(&store->lane_index, key);

    if (known)
        return &store->lanes[*known];
    store->lanes = grow(store->lanes, store->lane_count + 1, sizeof(*store->lanes));
    store->lanes[store->lane_count] = (struct store_lane){
        .lane = item->lane, .domain = item->domain, .vcpu = item->vcpu,
    };
    map_put(&store->lane_index, key, store->lane_count);
    return &store->lanes[store->lane_count++];
}

void store_add(struct store *store, const struct timeline_item *item) {
    struct store_lane *lane = lane_for(store, item);
    uint32_t name = name_of(store, item->name);

    lane->count++;
    add_total(lane, item, name);
    add_cells(store, lane, item, name);
    keep(store, lane, item, name);
}

/* ---- the end ---------------------------------------------------------------------------------------------------- */

static int compare(uint64_t a, uint64_t b) {
    return a < b ? -1 : a > b;
}

/* By domain, then vcpu, then lane; those of a domain before those of its vcpus. */
static int compare_lanes(const void *left, const void *right) {
    const struct store_lane *a = left, *b = right;
    bool a_vcpu = a->lane >= LANE_STATE, b_vcpu = b->lane >= LANE_STATE;

    if (a->domain != b->domain)
        return compare(a->domain, b->domain);
    if (a_vcpu != b_vcpu)
        return compare(a_vcpu, b_vcpu);
    return a->vcpu != b->vcpu ? compare(a->vcpu, b->vcpu) : compare(a->lane, b->lane);
}

static int compare_cells(const void *left, const void *right) {
    const struct store_cell *a = left, *b = right;

    return a->bin != b->bin ? compare(a->bin, b->bin) : compare(a->name, b->name);
}

static int compare_totals(const void *left, const void *right) {
    const struct store_total *a = left, *b = right;

    if (a->amount != b->amount)
        return compare(b->amount, a->amount);
    return a->count != b->count ? compare(b->count, a->count) : compare(a->name, b->name);
}

void store_finish(struct store *store) {
    for (uint32_t i = 0; i < store->lane_count; i++) {
        struct store_lane *lane = &store->lanes[i];

        if (lane->cell_count)
            qsort(lane->cells, lane->cell_count, sizeof(*lane->cells), compare_cells);
        qsort(lane->totals, lane->total_count, sizeof(*lane->totals), compare_totals);
    }
    if (store->lane_count)
        qsort(store->lanes, store->lane_count, sizeof(*store->lanes), compare_lanes);
}

void store_free(struct store *store) {
    for (uint32_t i = 0; i < store->lane_count; i++) {
        free(store->lanes[i].items);
        free(store->lanes[i].cells);
        free(store->lanes[i].totals);
        map_free(&store->lanes[i].cell_index);
        map_free(&store->lanes[i].total_index);
    }
    for (uint32_t i = 0; i < store->name_count; i++)
        free(store->names[i]);
    free(store->lanes);
    free(store->names);
    map_free(&store->lane_index);
    map_free(&store->name_index);
    *store = (struct store){ 0 };
}
