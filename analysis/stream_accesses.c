/*
 * stream_accesses.c - see stream_accesses.h.
 */
#include "analysis/stream_accesses.h"

static void next_quiet(struct stream_accesses *accesses, uint64_t end) {
    struct column_in *quiet = &accesses->columns[ACCESS_QUIET];

    accesses->quiet_from = accesses->quiet_until = UINT64_MAX;
    if (column_ended(quiet))
        return;
    accesses->quiet_from = end + column_get(quiet);
    accesses->quiet_until = accesses->quiet_from + column_get(quiet);
}

static bool give_up(struct stream_accesses *accesses) {
    accesses->broken = true;
    accesses->left = 0;
    return false;
}

bool stream_accesses_open(struct stream_accesses *accesses, const uint8_t *content, size_t bytes, uint64_t time) {
    memset(accesses, 0, sizeof(*accesses));
    access_model_reset(&accesses->model, time);
    accesses->quiet_from = accesses->quiet_until = UINT64_MAX;
    if (!columns_read(accesses->columns, ACCESS_COLUMNS, content, bytes))
        return give_up(accesses);
    accesses->left = column_get(&accesses->columns[ACCESS_COUNT]);
    next_quiet(accesses, time);
    return true;
}

void stream_accesses_none(struct stream_accesses *accesses) {
    accesses->left = 0;
    accesses->broken = false;
    accesses->quiet_from = 0;
    accesses->quiet_until = UINT64_MAX;
}

uint64_t stream_accesses_next(struct stream_accesses *accesses) {
    if (accesses->left == 0)
        return UINT64_MAX;
    if (!accesses->announced) {
        if (accesses->wrong == 0)
            column_get_token(&accesses->columns[ACCESS_TOKENS], ACCESS_TOKEN_BITS, &accesses->wrong, &accesses->right);
        accesses->gap = accesses->model.last->gap;
        if (accesses->right == 0 && (accesses->wrong & ACCESS_WRONG_GAP))
            accesses->gap = column_get(&accesses->columns[ACCESS_GAPS]);
        accesses->announced = true;
    }
    return accesses->model.time + accesses->gap;
}

bool stream_accesses_take(struct stream_accesses *accesses, uint32_t instruction, struct stream_access *access) {
    struct access_site *site = access_model_site(&accesses->model, accesses->gap, instruction);
    uint32_t wrong = accesses->right == 0 ? accesses->wrong : 0;
    uint32_t shape = site->shape, address = site->address + site->stride, *frame;

    if (wrong & ACCESS_WRONG_SHAPE)
        shape = (uint32_t)column_get(&accesses->columns[ACCESS_SHAPES]);
    if (wrong & ACCESS_WRONG_ADDRESS)
        address = site->address + column_unfold((uint32_t)column_get(&accesses->columns[ACCESS_ADDRESSES]));
    frame = access_model_frame(&accesses->model, address);
    if (wrong & ACCESS_WRONG_FRAME)
        *frame = (uint32_t)column_get(&accesses->columns[ACCESS_FRAMES]);
    access_model_learn(&accesses->model, site, accesses->gap, address, shape);
    if (wrong || accesses->right == 0)
        accesses->wrong = 0;
    else
        accesses->right--;
    accesses->announced = false;
    accesses->left--;
    *access = (struct stream_access){
        .kind = shape & 3, .address = address, .physical = *frame << 12 | (address & 0xfff), .bytes = shape >> 2
    };
    return (!columns_are_cut(accesses->columns, ACCESS_COLUMNS) && access->kind && access->bytes) || give_up(accesses);
}

bool stream_accesses_recorded(struct stream_accesses *accesses, uint64_t time, uint64_t *until) {
    while (accesses->quiet_until <= time)
        next_quiet(accesses, accesses->quiet_until);
    *until = time < accesses->quiet_from ? accesses->quiet_from : accesses->quiet_until;
    return time < accesses->quiet_from;
}
