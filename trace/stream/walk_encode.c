/*
 * walk_encode.c - see walk_encode.h.
 */
#include "trace/stream/walk_encode.h"

#define STEP_BYTES (4 * STREAM_NUMBER_BYTES) /* as much as one walk puts into one column, at most */

/* Where the columns begin in the packet's bytes; they are as long as they fill up together in real streams. */
static const uint32_t starts[WALK_COLUMNS + 1] = {
    [WALK_COUNT] = 0,
    [WALK_TOKENS] = STEP_BYTES,
    [WALK_PAGES] = 92u << 10,
    [WALK_GAPS] = 252u << 10,
    [WALK_ROOTS] = 300u << 10,
    [WALK_ENTRIES] = 320u << 10,
    [WALK_OUTCOMES] = 368u << 10,
    [WALK_COLUMNS] = WALK_CONTENT_BYTES - WALK_COLUMNS * STREAM_NUMBER_BYTES,
};

void walk_begin(struct walk_encoder *encoder, uint64_t time) {
    walk_model_reset(&encoder->model, time);
    columns_begin(encoder->columns, WALK_COLUMNS, encoder->bytes, starts);
    encoder->count = 0;
    encoder->right = 0;
    encoder->full = false;
}

static bool has_room(const struct walk_encoder *encoder, uint32_t steps) {
    return columns_have_room(encoder->columns, WALK_COLUMNS, starts, steps * STEP_BYTES);
}

static void put_entry(struct walk_encoder *encoder, uint32_t entry) {
    column_put(&encoder->columns[WALK_ENTRIES], entry >> 12);
    column_put(&encoder->columns[WALK_ENTRIES], entry & 0xfff);
}

static uint32_t what_is_wrong(struct walk_model *model, const struct walk_next *next, const struct walk *walk) {
    uint32_t wrong = 0;

    if (walk->page != next->page || walk->purpose != next->purpose)
        wrong |= WALK_WRONG_PAGE;
    if (walk->time - model->last.time != next->gap)
        wrong |= WALK_WRONG_GAP;
    if (walk->root != model->last.root)
        wrong |= WALK_WRONG_ROOT;
    if (walk->directory != *walk_model_entry(model, walk_directory_address(walk)))
        wrong |= WALK_WRONG_DIRECTORY;
    if ((walk->outcome & WALK_READ_TABLE) && walk->table != *walk_model_entry(model, walk_table_address(walk)))
        wrong |= WALK_WRONG_TABLE;
    if (walk->outcome != walk_predicted_outcome(walk))
        wrong |= WALK_WRONG_OUTCOME;
    return wrong;
}

bool walk_put(struct walk_encoder *encoder, const struct walk *walk) {
    struct walk_model *model = &encoder->model;
    struct walk_next *next = walk_model_next(model);
    uint32_t wrong = what_is_wrong(model, next, walk);

    if (!wrong) {
        encoder->right++;
    } else if (encoder->full && !has_room(encoder, 1)) {
        return false;
    } else {
        column_put_token(&encoder->columns[WALK_TOKENS], wrong, WALK_TOKEN_BITS, &encoder->right);
        if (wrong & WALK_WRONG_PAGE)
            column_put(&encoder->columns[WALK_PAGES], (uint64_t)walk->page << 3 | walk->purpose);
        if (wrong & WALK_WRONG_GAP)
            column_put(&encoder->columns[WALK_GAPS], walk->time - model->last.time);
        if (wrong & WALK_WRONG_ROOT)
            column_put(&encoder->columns[WALK_ROOTS], walk->root);
        if (wrong & WALK_WRONG_DIRECTORY)
            put_entry(encoder, walk->directory);
        if (wrong & WALK_WRONG_TABLE)
            put_entry(encoder, walk->table);
        if (wrong & WALK_WRONG_OUTCOME)
            column_put_byte(&encoder->columns[WALK_OUTCOMES], (uint8_t)walk->outcome);
        encoder->full = !has_room(encoder, WALK_SLACK);
    }
    encoder->count++;
    walk_model_learn(model, next, walk);
    return true;
}

uint32_t walk_end(struct walk_encoder *encoder, uint8_t *content) {
    column_put(&encoder->columns[WALK_COUNT], encoder->count);
    return columns_write(encoder->columns, WALK_COLUMNS, content);
}
