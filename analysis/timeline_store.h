/*
 * timeline_store.h - what a timeline holds, kept within bounds: each item while there are few, sums of bins always.
 *
 * Rules:
 *   - A bin is a stretch of the window; bins are as wide as the smallest power of two of instructions with which there
 *     are at most `bins` of them up to the last item.
 *   - A cell is what a bin holds of one name of one lane. A span is in all bins that it covers, and counted in the
 *     one that it begins in.
 *   - At most `items` items are kept. When there are more, the lane that has the most gives up its own, all of them.
 *   - Memory: 32 bytes an item, some 64 a cell. Of texts at most STORE_NAMES are told apart, the others are "more".
 * Callers: analysis/timeline_json.c, timeline_print.c, tools/timeline.c.
 */
#ifndef ANALYSIS_TIMELINE_STORE_H
#define ANALYSIS_TIMELINE_STORE_H

#include "analysis/timeline.h"

#define STORE_NAMES 20000u

struct store_item {
    uint64_t from, to;
    uint32_t name, detail;       /* index in names */
    int64_t value;
};

struct store_cell {
    uint32_t bin, name;          /* name: index in names */
    uint64_t count;              /* items that begin in it */
    uint64_t amount;             /* spans: instructions that they cover of it; levels: the highest */
};

/* All of one name in a lane. */
struct store_total {
    uint32_t name;
    uint64_t count, amount;      /* amount: as that of cells, of the whole window */
};

struct store_lane {
    enum timeline_lane lane;
    uint32_t domain, vcpu;
    uint64_t count;              /* of items, kept or not */
    bool given_up;               /* its items are not kept */
    struct store_item *items;
    uint32_t item_count, item_room;
    struct store_cell *cells;
    uint32_t cell_count, cell_room;
    struct map cell_index;       /* bin, name -> index in cells */
    struct store_total *totals;
    uint32_t total_count;
    struct map total_index;
};

struct store {
    /* the caller's */
    uint64_t from;               /* where the window begins */
    uint32_t bins;               /* 0: no cells */
    uint32_t items;              /* so many at most, of all lanes */

    unsigned shift;              /* a bin is 1 << shift instructions */
    struct store_lane *lanes;    /* in the order of people once finished */
    uint32_t lane_count;
    struct map lane_index;
    char **names;                /* the first is "" */
    uint32_t name_count;
    struct map name_index;       /* hash -> index */
    uint64_t kept;               /* items, of all lanes */
};

/* Take an item. */
void store_add(struct store *store, const struct timeline_item *item);
/* Nothing more comes: lanes in their order, cells by bin and name, totals by amount and count. */
void store_finish(struct store *store);
void store_free(struct store *store);

#endif
