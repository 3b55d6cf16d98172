/*
 * check_bytes.c - rule 12 of check.h: the same bytes in the same place of memory.
 *
 * What code was seen in a frame is remembered byte by byte; what is written is forgotten. Without a trace of accesses
 * nobody knows what is written.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/check.h"

#define PAGE 4096u

static void forget_all(struct check_bytes *bytes) {
    for (uint32_t i = 0; i < bytes->count; i++) {
        memset(bytes->frames[i]->known, 0, sizeof(bytes->frames[i]->known));
        bytes->frames[i]->version++;
    }
}

static uint32_t frame_of(struct check_bytes *bytes, uint32_t mfn) {
    const uint32_t *index = map_get(&bytes->index, mfn);

    if (index)
        return *index;
    bytes->frames = grow(bytes->frames, bytes->count + 1, sizeof(*bytes->frames));
    bytes->frames[bytes->count] = grow(NULL, 1, sizeof(**bytes->frames));
    memset(bytes->frames[bytes->count], 0, sizeof(**bytes->frames));
    bytes->frames[bytes->count]->version = 1;
    map_put(&bytes->index, mfn, bytes->count);
    return bytes->count++;
}

static struct check_seen *seen_of(struct check_bytes *bytes, const struct stream_code *code) {
    if (code->number >= bytes->room) {
        uint32_t room = code->number + code->number / 2 + 64;

        bytes->seen = grow(bytes->seen, room, sizeof(*bytes->seen));
        memset(bytes->seen + bytes->room, 0, (room - bytes->room) * sizeof(*bytes->seen));
        bytes->room = room;
    }
    return &bytes->seen[code->number];
}

/* Take notice of the code's bytes; the offset in the frame of the first that differs, or PAGE. */
static uint32_t compare(struct check_frame *frame, const struct stream_code *code) {
    uint32_t offset = code->address % PAGE, end = offset + code->byte_count;

    end = end > PAGE ? PAGE : end; /* the rest of an instruction that crosses is in another frame */
    for (uint32_t i = offset; i < end; i++) {
        bool known = frame->known[i / 8] >> i % 8 & 1;

        if (known && frame->bytes[i] != code->bytes[i - offset])
            return i;
        frame->bytes[i] = code->bytes[i - offset];
        frame->known[i / 8] |= (uint8_t)(1u << i % 8);
    }
    return PAGE;
}

void check_bytes_run(struct check *check, const struct stream_item *item) {
    struct check_bytes *bytes = &check->bytes;
    const struct stream_code *code = item->run.code;

    if (!item->run.accesses) {
        check_bytes_gap(check);
        return;
    }
    bytes->known = true;
    struct check_seen *seen = seen_of(bytes, code);

    if (seen->version == 0)
        seen->frame = frame_of(bytes, code->mfn);
    struct check_frame *frame = bytes->frames[seen->frame];

    if (seen->version == frame->version)
        return;
    uint32_t differs = compare(frame, code);

    check_case(check, 12, differs != PAGE, item->time, code->address,
               "other bytes than before at offset %#" PRIx32 " of frame %#" PRIx32
               ", and nothing was written there",
               differs, code->mfn);
    seen->version = frame->version;
}

void check_bytes_access(struct check *check, const struct stream_item *item) {
    struct check_bytes *bytes = &check->bytes;
    const struct stream_access *access = &item->access;
    uint32_t offset = access->physical % PAGE;

    if (!(access->kind & ACCESS_WRITE))
        return;
    const uint32_t *index = map_get(&bytes->index, access->physical / PAGE);

    for (uint32_t i = offset; index && i < offset + access->bytes && i < PAGE; i++) {
        struct check_frame *frame = bytes->frames[*index];

        frame->version += frame->known[i / 8] >> i % 8 & 1;
        frame->known[i / 8] &= (uint8_t) ~(1u << i % 8);
    }
}

void check_bytes_gap(struct check *check) {
    if (check->bytes.known)
        forget_all(&check->bytes);
    check->bytes.known = false;
}

void check_bytes_free(struct check_bytes *bytes) {
    for (uint32_t i = 0; i < bytes->count; i++)
        free(bytes->frames[i]);
    free(bytes->frames);
    free(bytes->seen);
    map_free(&bytes->index);
}
