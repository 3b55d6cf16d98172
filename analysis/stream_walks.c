/*
 * stream_walks.c - see stream_walks.h.
 */
#include "analysis/stream_walks.h"

static bool give_up(struct stream_walks *walks) {
    walks->broken = true;
    walks->left = 0;
    return false;
}

bool stream_walks_open(struct stream_walks *walks, const uint8_t *content, size_t bytes, uint64_t time) {
    memset(walks, 0, sizeof(*walks));
    walk_model_reset(&walks->model, time);
    if (!columns_read(walks->columns, WALK_COLUMNS, content, bytes))
        return give_up(walks);
    walks->left = column_get(&walks->columns[WALK_COUNT]);
    return true;
}

/* What is wrong with the next prediction. */
static uint32_t next_wrong(struct stream_walks *walks) {
    uint32_t wrong;

    if (walks->wrong == 0)
        column_get_token(&walks->columns[WALK_TOKENS], WALK_TOKEN_BITS, &walks->wrong, &walks->right);
    if (walks->right > 0) {
        walks->right--;
        return 0;
    }
    wrong = walks->wrong;
    walks->wrong = 0;
    return wrong;
}

static uint32_t get_entry(struct stream_walks *walks) {
    uint32_t frame = (uint32_t)column_get(&walks->columns[WALK_ENTRIES]);

    return frame << 12 | (uint32_t)column_get(&walks->columns[WALK_ENTRIES]);
}

static void read_walk(struct stream_walks *walks, uint32_t wrong, const struct walk_next *next, struct walk *walk) {
    struct walk_model *model = &walks->model;
    uint64_t gap = next->gap, page = (uint64_t)next->page << 3 | next->purpose;

    if (wrong & WALK_WRONG_PAGE)
        page = column_get(&walks->columns[WALK_PAGES]);
    if (wrong & WALK_WRONG_GAP)
        gap = column_get(&walks->columns[WALK_GAPS]);
    *walk = (struct walk){ .time = model->last.time + gap, .page = (uint32_t)(page >> 3), .purpose = page & 7,
                           .root = model->last.root };
    if (wrong & WALK_WRONG_ROOT)
        walk->root = (uint32_t)column_get(&walks->columns[WALK_ROOTS]);
    walk->directory = wrong & WALK_WRONG_DIRECTORY ? get_entry(walks)
                                                   : *walk_model_entry(model, walk_directory_address(walk));
    walk->outcome = wrong & WALK_WRONG_OUTCOME ? 0 : walk_goes_on(walk);
}

bool stream_walks_take(struct stream_walks *walks, struct walk *walk) {
    struct walk_next *next = walk_model_next(&walks->model);
    uint32_t wrong;

    if (walks->left == 0)
        return false;
    wrong = next_wrong(walks);
    read_walk(walks, wrong, next, walk);
    if (wrong & WALK_WRONG_OUTCOME)
        walk->outcome = column_get_byte(&walks->columns[WALK_OUTCOMES]);
    if (wrong & WALK_WRONG_TABLE)
        walk->table = get_entry(walks);
    else if (walk->outcome & WALK_READ_TABLE)
        walk->table = *walk_model_entry(&walks->model, walk_table_address(walk));
    if (!(wrong & WALK_WRONG_OUTCOME))
        walk->outcome = walk_predicted_outcome(walk);
    walk_model_learn(&walks->model, next, walk);
    walks->left--;
    return !columns_are_cut(walks->columns, WALK_COLUMNS) || give_up(walks);
}
