/*
 * access_encode.c - see access_encode.h.
 */
#include "trace/stream/access_encode.h"

#define STEP_BYTES (2 * STREAM_NUMBER_BYTES) /* as much as one access or stretch puts into one column, at most */

/* Where the columns begin in the packet's bytes; they are as long as they fill up together in real streams. */
static const uint32_t starts[ACCESS_COLUMNS + 1] = {
    [ACCESS_COUNT] = 0,
    [ACCESS_TOKENS] = STEP_BYTES,
    [ACCESS_GAPS] = 110u << 10,
    [ACCESS_SHAPES] = 162u << 10,
    [ACCESS_ADDRESSES] = 190u << 10,
    [ACCESS_FRAMES] = 342u << 10,
    [ACCESS_QUIET] = 358u << 10,
    [ACCESS_COLUMNS] = ACCESS_CONTENT_BYTES - ACCESS_COLUMNS * STREAM_NUMBER_BYTES,
};

void access_begin(struct access_encoder *encoder, uint64_t time) {
    access_model_reset(&encoder->model, time);
    columns_begin(encoder->columns, ACCESS_COLUMNS, encoder->bytes, starts);
    encoder->count = 0;
    encoder->right = 0;
    encoder->quiet_end = time;
    encoder->full = false;
}

static bool has_room(const struct access_encoder *encoder, uint32_t steps) {
    return columns_have_room(encoder->columns, ACCESS_COLUMNS, starts, steps * STEP_BYTES);
}

bool access_put(struct access_encoder *encoder, uint64_t time, uint32_t instruction, uint32_t address,
                uint32_t physical, uint32_t bytes, uint32_t direction) {
    struct access_model *model = &encoder->model;
    uint64_t gap = time - model->time;
    bool gap_wrong = gap != model->last->gap || gap >= ACCESS_GAP_MAX;
    struct access_site *site = access_model_site(model, gap, instruction);
    uint32_t *frame = access_model_frame(model, address);
    uint32_t shape = bytes << 2 | direction;
    uint32_t wrong = (gap_wrong ? ACCESS_WRONG_GAP : 0) | (shape != site->shape ? ACCESS_WRONG_SHAPE : 0) |
                     (address != site->address + site->stride ? ACCESS_WRONG_ADDRESS : 0) |
                     (*frame != physical >> 12 ? ACCESS_WRONG_FRAME : 0);

    if (!wrong) {
        encoder->right++;
    } else if (encoder->full && !has_room(encoder, 1)) {
        return false;
    } else {
        column_put_token(&encoder->columns[ACCESS_TOKENS], wrong, ACCESS_TOKEN_BITS, &encoder->right);
        if (wrong & ACCESS_WRONG_GAP)
            column_put(&encoder->columns[ACCESS_GAPS], gap);
        if (wrong & ACCESS_WRONG_SHAPE)
            column_put(&encoder->columns[ACCESS_SHAPES], shape);
        if (wrong & ACCESS_WRONG_ADDRESS)
            column_put(&encoder->columns[ACCESS_ADDRESSES], column_fold(address - site->address));
        if (wrong & ACCESS_WRONG_FRAME)
            column_put(&encoder->columns[ACCESS_FRAMES], physical >> 12);
        encoder->full = !has_room(encoder, ACCESS_SLACK);
    }
    encoder->count++;
    *frame = physical >> 12;
    access_model_learn(model, site, gap, address, shape);
    return true;
}

bool access_quiet(struct access_encoder *encoder, uint64_t from, uint64_t until) {
    struct column *quiet = &encoder->columns[ACCESS_QUIET];

    if (!has_room(encoder, 1))
        return false;
    column_put(quiet, from - encoder->quiet_end);
    column_put(quiet, until - from);
    encoder->quiet_end = until;
    encoder->full = !has_room(encoder, ACCESS_SLACK);
    return true;
}

uint32_t access_end(struct access_encoder *encoder, uint8_t *content) {
    column_put(&encoder->columns[ACCESS_COUNT], encoder->count);
    return columns_write(encoder->columns, ACCESS_COLUMNS, content);
}
