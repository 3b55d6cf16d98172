/*
 * columns.h - what the sections of accesses and walks are made of: columns of bytes, each with one kind of value, one
 * after another.
 *
 * A section's content is, for each column in turn, its length as a number, and then the bytes of all columns. Numbers
 * are those of stream_format.h. Values of one kind side by side are what a general compressor makes most of.
 *
 * Rules: a writer makes sure of the room before it writes; a reader never passes the end of a column: what it then
 * gets is zero, and the column is marked as cut short.
 * Callers: access_encode.c and walk_encode.c beside this file; analysis/stream_accesses.c and analysis/stream_walks.c.
 */
#ifndef TRACE_STREAM_COLUMNS_H
#define TRACE_STREAM_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "trace/stream_format.h"

/* One column that is being written. */
struct column {
    uint8_t *bytes;
    uint32_t used;
};

static inline void column_put_byte(struct column *column, uint8_t value) {
    column->bytes[column->used++] = value;
}

static inline void column_put(struct column *column, uint64_t value) {
    column->used = (uint32_t)(stream_put_number(column->bytes + column->used, value) - column->bytes);
}

/*
 * A token: in its low bits what was predicted wrongly, in the others how many were predicted right before, which are
 * none from then on. The most that fits there says that a number follows, of how many more.
 */
static inline void column_put_token(struct column *tokens, uint32_t wrong, uint32_t wrong_bits, uint32_t *right) {
    uint32_t most = (1u << (8 - wrong_bits)) - 1, said = *right < most ? *right : most;

    column_put_byte(tokens, (uint8_t)(wrong | said << wrong_bits));
    if (said == most)
        column_put(tokens, *right - most);
    *right = 0;
}

/* Begin all columns, each of which may go from its start in bytes to that of the next; starts has one more. */
static inline void columns_begin(struct column *columns, uint32_t count, uint8_t *bytes, const uint32_t *starts) {
    for (uint32_t i = 0; i < count; i++)
        columns[i] = (struct column){ .bytes = bytes + starts[i] };
}

/* All columns but the first, which has one number in the end, have room for so many bytes. */
static inline bool columns_have_room(const struct column *columns, uint32_t count, const uint32_t *starts,
                                     uint32_t bytes) {
    for (uint32_t i = 1; i < count; i++) {
        if (columns[i].used + bytes > starts[i + 1] - starts[i])
            return false;
    }
    return true;
}

/* A difference of addresses, small ones of either sign as small numbers. */
static inline uint32_t column_fold(uint32_t difference) {
    return difference << 1 ^ (0u - (difference >> 31));
}

static inline uint32_t column_unfold(uint32_t folded) {
    return folded >> 1 ^ (0u - (folded & 1));
}

/* The most bytes that columns_write writes of these. */
static inline uint32_t columns_bytes(const struct column *columns, uint32_t count) {
    uint32_t bytes = count * STREAM_NUMBER_BYTES;

    for (uint32_t i = 0; i < count; i++)
        bytes += columns[i].used;
    return bytes;
}

/* Write columns one after another to `to`, which has room for columns_bytes of them; returns the bytes written. */
static inline uint32_t columns_write(const struct column *columns, uint32_t count, uint8_t *to) {
    uint8_t *at = to;

    for (uint32_t i = 0; i < count; i++)
        at = stream_put_number(at, columns[i].used);
    for (uint32_t i = 0; i < count; i++)
        at = mempcpy(at, columns[i].bytes, columns[i].used);
    return (uint32_t)(at - to);
}

/* One column that is being read. */
struct column_in {
    const uint8_t *at, *end;
    bool cut; /* more was asked for than there is, or a number was too long */
};

static inline bool column_ended(const struct column_in *column) {
    return column->at == column->end;
}

static inline uint8_t column_get_byte(struct column_in *column) {
    if (!column_ended(column))
        return *column->at++;
    column->cut = true;
    return 0;
}

static inline uint64_t column_get(struct column_in *column) {
    uint64_t value;
    const uint8_t *behind = stream_get_number(column->at, column->end, &value);

    if (behind) {
        column->at = behind;
        return value;
    }
    column->at = column->end;
    column->cut = true;
    return 0;
}

/* A token as column_put_token wrote it. Behind the last one everything is right. */
static inline void column_get_token(struct column_in *tokens, uint32_t wrong_bits, uint32_t *wrong, uint64_t *right) {
    uint8_t token;

    *right = UINT64_MAX;
    if (column_ended(tokens))
        return;
    token = column_get_byte(tokens);
    *wrong = token & ((1u << wrong_bits) - 1);
    *right = token >> wrong_bits;
    if (*right == (1u << (8 - wrong_bits)) - 1)
        *right += column_get(tokens);
}

static inline bool columns_are_cut(const struct column_in *columns, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        if (columns[i].cut)
            return true;
    }
    return false;
}

/* Find the columns in the bytes that columns_write wrote. False: their lengths do not add up to what is there. */
static inline bool columns_read(struct column_in *columns, uint32_t count, const uint8_t *bytes, size_t length) {
    struct column_in all = { .at = bytes, .end = bytes + length };
    uint64_t lengths[8] = { 0 };

    for (uint32_t i = 0; i < count; i++)
        lengths[i] = column_get(&all);
    for (uint32_t i = 0; i < count; i++) {
        if (all.cut || lengths[i] > (uint64_t)(all.end - all.at))
            return false;
        columns[i] = (struct column_in){ .at = all.at, .end = all.at + lengths[i] };
        all.at += lengths[i];
    }
    return all.at == all.end;
}

#endif
