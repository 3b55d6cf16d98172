/*
 * fake_stream.c - the instruction stream of analysis/stream.h, read from the text file stream.txt in the trace's
 * directory: for tests of what reads streams.
 *
 * A line is an item; numbers as C writes them. Codes come before they are used:
 *   code ADDRESS MFN BITS INSTRUCTION...          bytes of each instruction in hexadecimal; numbered from 0
 *   run TIME CODE FIRST COUNT RING PASSES ITERATIONS FLAGS   FLAGS: 1 faulted, 2 accesses were recorded
 *   transfer TIME KIND VECTOR ERROR FROM TO ADDRESS   KIND is a number of enum stream_transfer_kind
 *   walk TIME ADDRESS SET ENTRY VALUE [ENTRY VALUE]   SET: and in bits 8, 9 enum stream_walk_use, 10 user, 11 not
 *   filled access TIME KIND ADDRESS PHYSICAL BYTES
 *   gap TIME UNTIL ASKED
 *   damage TEXT                                    what stream_damage says from the beginning
 *
 * Callers: tests/stream/Makefile.inc links it in the place of the real one.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/map.h"
#include "analysis/stream.h"

struct stream {
    FILE *file;
    uint64_t from, until;
    struct stream_code **codes;
    uint32_t code_count;
    struct stream_item item;
    struct stream_totals totals;
    char damage[200];
};

static void add_code(struct stream *stream, char *line) {
    struct stream_code *code = grow(NULL, 1, sizeof(*code));
    uint8_t *lengths = grow(NULL, 4096, 1), *bytes = grow(NULL, 4096, 1);
    int used = 0;

    *code = (struct stream_code){ .number = stream->code_count, .lengths = lengths, .bytes = bytes };
    sscanf(line, "code %" SCNi32 " %" SCNi32 " %" SCNi8 "%n", (int32_t *)&code->address, (int32_t *)&code->mfn,
           (int8_t *)&code->bits, &used);
    for (char *word = strtok(line + used, " \n"); word; word = strtok(NULL, " \n")) {
        size_t length = strlen(word) / 2;

        for (size_t i = 0; i < length; i++)
            sscanf(word + 2 * i, "%2" SCNx8, &bytes[code->byte_count++]);
        lengths[code->instructions++] = (uint8_t)length;
    }
    stream->codes = grow(stream->codes, stream->code_count + 1, sizeof(*stream->codes));
    stream->codes[stream->code_count++] = code;
}

struct stream *stream_open(const char *path, uint64_t from, uint64_t until, char *why, size_t why_bytes) {
    struct stream *stream = grow(NULL, 1, sizeof(*stream));
    char name[4096];

    snprintf(name, sizeof(name), "%s/stream.txt", path);
    *stream = (struct stream){ .file = fopen(name, "r"), .from = from, .until = until };
    if (stream->file)
        return stream;
    snprintf(why, why_bytes, "it holds no instruction stream");
    free(stream);
    return NULL;
}

static uint64_t run_end(const struct stream_item *item) {
    return item->time + item->run.count - 1 + item->run.passes;
}

/* Cut what is outside of the window. False: nothing is left. */
static bool trim(struct stream *stream) {
    struct stream_item *item = &stream->item;

    if (item->kind == STREAM_GAP && item->time < stream->until && item->gap.until > stream->from) {
        item->time = item->time < stream->from ? stream->from : item->time;
        item->gap.until = item->gap.until > stream->until ? stream->until : item->gap.until;
        return true;
    }
    if (item->kind == STREAM_RUN && item->time < stream->from && run_end(item) > stream->from) {
        uint16_t skipped = (uint16_t)(stream->from - item->time);

        item->time += skipped;
        item->run.first = (uint16_t)(item->run.first + skipped);
        item->run.count = (uint16_t)(item->run.count - skipped);
    }
    if (item->kind == STREAM_RUN && item->time < stream->until && run_end(item) > stream->until) {
        item->run.count = (uint16_t)(stream->until - item->time);
        item->run.passes = 1;
        item->run.iterations = 0;
        item->run.faulted = false;
    }
    return item->time >= stream->from && item->time < stream->until;
}

static void parse_run(struct stream *stream, const char *line) {
    struct stream_run *run = &stream->item.run;
    uint32_t code = 0, flags = 0;

    sscanf(line, "run %" SCNu64 " %" SCNu32 " %" SCNu16 " %" SCNu16 " %" SCNu32 " %" SCNu32 " %" SCNu64 " %" SCNu32,
           &stream->item.time, &code, &run->first, &run->count, &run->ring, &run->passes, &run->iterations, &flags);
    run->code = stream->codes[code];
    run->faulted = flags & 1;
    run->accesses = flags & 2;
}

static void parse_walk(struct stream *stream, const char *line) {
    struct stream_walk *walk = &stream->item.walk;

    walk->levels = (uint32_t)(sscanf(line, "walk %" SCNu64 " %" SCNi32 " %" SCNi32 " %" SCNi32 " %" SCNi64 " %" SCNi32
                                     " %" SCNi64, &stream->item.time, (int32_t *)&walk->address, (int32_t *)&walk->set,
                                     (int32_t *)&walk->entry[0], (int64_t *)&walk->value[0], (int32_t *)&walk->entry[1],
                                     (int64_t *)&walk->value[1]) - 3) / 2;
    walk->use = walk->set >> 8 & 3;
    walk->user = walk->set >> 10 & 1;
    walk->filled = !(walk->set >> 11 & 1);
    walk->set &= 0xff;
}

static bool parse(struct stream *stream, char *line) {
    struct stream_item *item = &stream->item;
    struct stream_transfer *transfer = &item->transfer;
    struct stream_access *access = &item->access;
    uint32_t kind = 0, asked = 0;

    *item = (struct stream_item){ 0 };
    if (!strncmp(line, "code ", 5)) {
        add_code(stream, line);
        return false;
    }
    if (!strncmp(line, "run ", 4)) {
        item->kind = STREAM_RUN;
        parse_run(stream, line);
    } else if (!strncmp(line, "walk ", 5)) {
        item->kind = STREAM_WALK;
        parse_walk(stream, line);
    } else if (sscanf(line, "transfer %" SCNu64 " %" SCNu32 " %" SCNu32 " %" SCNi32 " %" SCNu32 " %" SCNu32 " %" SCNi32,
                      &item->time, &kind, &transfer->vector, (int32_t *)&transfer->error_code, &transfer->from_ring,
                      &transfer->to_ring, (int32_t *)&transfer->to) == 7) {
        item->kind = STREAM_TRANSFER;
        transfer->kind = kind;
    } else if (sscanf(line, "access %" SCNu64 " %" SCNu32 " %" SCNi32 " %" SCNi32 " %" SCNu32, &item->time, &kind,
                      (int32_t *)&access->address, (int32_t *)&access->physical, &access->bytes) == 5) {
        item->kind = STREAM_ACCESS;
        access->kind = kind;
    } else if (sscanf(line, "gap %" SCNu64 " %" SCNu64 " %" SCNu32, &item->time, &item->gap.until, &asked) == 3) {
        item->kind = STREAM_GAP;
        item->gap.asked = asked;
        item->gap.why = asked ? "tracing was off" : "a packet is damaged";
    } else if (sscanf(line, "damage %199[^\n]", stream->damage) == 1) {
        return false;
    } else {
        fprintf(stderr, "stream.txt: what is this? %s", line);
        exit(3);
    }
    return trim(stream);
}

static void count(struct stream *stream) {
    const struct stream_item *item = &stream->item;
    struct stream_totals *totals = &stream->totals;

    totals->runs += item->kind == STREAM_RUN;
    totals->transfers += item->kind == STREAM_TRANSFER;
    totals->walks += item->kind == STREAM_WALK;
    totals->accesses += item->kind == STREAM_ACCESS;
    if (item->kind == STREAM_GAP && !item->gap.asked)
        totals->missing += item->gap.until - item->time;
    if (item->kind != STREAM_RUN)
        return;
    totals->instructions += run_end(item) - item->time;
    totals->ring[item->run.ring] += run_end(item) - item->time;
    totals->faulted += item->run.faulted;
}

const struct stream_item *stream_next(struct stream *stream) {
    static char line[65536];

    while (fgets(line, sizeof(line), stream->file)) {
        if (parse(stream, line)) {
            count(stream);
            return &stream->item;
        }
    }
    stream->item = (struct stream_item){ .kind = STREAM_END };
    return &stream->item;
}

struct stream_totals stream_totals(const struct stream *stream) {
    return stream->totals;
}

const char *stream_damage(const struct stream *stream) {
    return stream->damage;
}

void stream_close(struct stream *stream) {
    for (uint32_t i = 0; i < stream->code_count; i++) {
        free((void *)stream->codes[i]->lengths);
        free((void *)stream->codes[i]->bytes);
        free(stream->codes[i]);
    }
    free(stream->codes);
    fclose(stream->file);
    free(stream);
}
