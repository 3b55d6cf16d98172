/*
 * walks.c - the codec of page walks: what is put is what is taken, whatever was predicted; damaged content ends early.
 *
 * Argument: a seed. Prints what is wrong and exits with the number of findings; without any, bytes a walk as written.
 */
#include "analysis/stream_walks.h"
#include "trace/stream/walk_encode.h"
#include "tests/unit/stream/chance.h"

#define WALKS_MAX 200000u
#define DAMAGES 300u

static struct walk items[WALKS_MAX];
static uint32_t tables[4][64]; /* entries of the four address spaces that are played */
static struct walk_encoder encoder;
static uint8_t content[WALK_CONTENT_BYTES];

static struct walk make(uint64_t time, uint32_t step) {
    uint32_t space = step / 100 % 4, slot = rnd(10) ? step % 10 : rnd(64), strange = rnd(100) == 0;
    struct walk walk = { .time = time, .page = 0xc0000 + slot, .purpose = slot % 3 | (slot % 5 == 0 ? WALK_USER : 0),
                         .root = 0x100 + space, .directory = 0x200000 + space * 4096 + 0x67, .table = tables[space][slot] };

    if (strange)
        walk = (struct walk){ .time = time, .page = rnd(1 << 20), .purpose = rnd(3) | rnd(2) * WALK_USER, .root = rnd(1 << 20),
                              .directory = rnd(0xffffffff), .table = rnd(0xffffffff) };
    walk.outcome = walk_goes_on(&walk);
    if (!walk.outcome)
        walk.table = 0;
    walk.outcome = walk_predicted_outcome(&walk);
    if (strange && rnd(2)) {
        walk.outcome = rnd(16);
        if (!(walk.outcome & WALK_READ_TABLE))
            walk.table = 0;
    }
    if (rnd(50) == 0)
        tables[space][slot] = rnd(0xffffffff);
    else if (!strange && (walk.outcome & WALK_SET_TABLE))
        tables[space][slot] |= walk_bits(walk.purpose, true);
    return walk;
}

static uint32_t fill(uint64_t first) {
    uint64_t time = first;
    uint32_t count = 0;

    walk_begin(&encoder, first);
    for (; !encoder.full && count < WALKS_MAX; count++) {
        time += rnd(10) ? count % 7 * 13 : rnd(100000);
        items[count] = make(time, count);
        walk_put(&encoder, &items[count]);
    }
    return count;
}

static int same(const struct walk *a, const struct walk *b) {
    return a->time == b->time && a->page == b->page && a->purpose == b->purpose && a->root == b->root && a->table == b->table &&
           a->directory == b->directory && a->outcome == b->outcome;
}

static void take_back(uint32_t count, uint32_t bytes, uint64_t first) {
    static struct stream_walks walks;
    struct walk walk;

    expect(stream_walks_open(&walks, content, bytes, first), "not opened", 0);
    for (uint32_t i = 0; i < count; i++) {
        expect(stream_walks_take(&walks, &walk), "broken", i);
        expect(same(&walk, &items[i]), "not the same", i);
    }
    expect(!stream_walks_take(&walks, &walk), "something behind the last", count);
    expect(!walks.broken, "broken at the end", count);
}

/* Read content with some bytes changed or missing: it must come to an end. */
static void damage(uint32_t bytes, uint64_t first) {
    static struct stream_walks walks;
    uint32_t length;
    const uint8_t *copy = damaged(content, bytes, &length);
    struct walk walk;

    stream_walks_open(&walks, copy, length, first);
    for (uint32_t i = 0; i < 2 * WALKS_MAX && stream_walks_take(&walks, &walk); i++)
        continue;
}

/* Walks of which nothing is predicted, until one is refused: none before full, and enough from there on. */
static uint32_t overfill(uint64_t first) {
    uint64_t time = first;
    uint32_t count = 0, room = 0;
    bool taken = true;

    walk_begin(&encoder, first);
    while (taken && count < WALKS_MAX) {
        struct walk *walk = &items[count];

        time += rnd(1000000);
        room += encoder.full;
        *walk = (struct walk){ .time = time, .page = rnd(1 << 20), .purpose = rnd(3) | rnd(2) * WALK_USER, .root = rnd(1 << 20),
                               .directory = rnd(0xffffffff), .table = rnd(0xffffffff), .outcome = WALK_READ_TABLE | rnd(16) };
        taken = walk_put(&encoder, walk);
        count += taken;
    }
    expect(!taken && room > WALK_SLACK, "no room where there should be", room);
    return count;
}

int main(int argc, char **argv) {
    uint64_t first = 71044827, count = 0, bytes = 0;

    state = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
    for (uint32_t i = 0; i < 4 * 64; i++)
        tables[i / 64][i % 64] = rnd(0xffffffff) | 7;
    for (uint32_t round = 0; round < 3; round++) {
        count = fill(first);
        bytes = walk_end(&encoder, content);
        expect(bytes <= sizeof(content), "too long", bytes);
        take_back((uint32_t)count, (uint32_t)bytes, first);
        first += 1000000000;
    }
    count = overfill(first);
    bytes = walk_end(&encoder, content);
    expect(bytes <= sizeof(content), "too long", bytes);
    take_back((uint32_t)count, (uint32_t)bytes, first);
    for (uint32_t i = 0; i < DAMAGES; i++)
        damage((uint32_t)bytes, first);
    if (findings == 0)
        printf("%.3f\n", (double)bytes / (double)count);
    return findings != 0;
}
