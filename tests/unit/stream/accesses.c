/*
 * accesses.c - the codec of data accesses: what is put is what is taken, whatever was predicted; damaged content ends
 * early.
 *
 * Argument: a seed. Prints what is wrong and exits with the number of findings; without any, bytes an access as
 * written.
 */
#include "analysis/stream_accesses.h"
#include "trace/stream/access_encode.h"
#include "tests/unit/stream/chance.h"

#define ACCESSES_MAX 400000u
#define CODE 64u          /* instructions of the program that is played */
#define STRETCHES_MAX 64u
#define DAMAGES 300u

struct item {
    uint64_t time;
    uint32_t instruction;
    struct stream_access access;
};

static struct item items[ACCESSES_MAX];
static struct { uint64_t from, until; } stretches[STRETCHES_MAX];
static uint32_t stretch_count;
static struct access_encoder encoder;
static uint8_t content[ACCESS_CONTENT_BYTES];

/* One access of a program: loops over arrays, a stack, now and then anything at all. */
static struct item make(uint64_t time, uint32_t instruction) {
    uint32_t place = instruction % CODE, strange = rnd(50) == 0;
    uint32_t address = strange ? rnd(0xffffffff)
                       : place % 3 ? 0x1000 * place + (uint32_t)time % 512 * 4 : 0xc0100000 - 4 * rnd(8);
    uint32_t bytes = strange ? 1 + rnd(64) : 4;

    return (struct item){ time, 0x100000 + instruction * 5, { 1 + (strange ? rnd(3) : place % 3), address,
                          address ^ (rnd(900) ? 0x400000 : 0x800000), bytes } };
}

/* Fill a packet until it is full; returns the number of accesses. */
static uint32_t fill(uint64_t first) {
    uint64_t time = first;
    uint32_t count = 0, instruction = 0;

    access_begin(&encoder, first);
    stretch_count = 0;
    while (!encoder.full && count < ACCESSES_MAX) {
        if (rnd(20000) == 0 && stretch_count < STRETCHES_MAX) {
            uint64_t until = time + 1 + rnd(100000);

            access_quiet(&encoder, time + 1, until);
            stretches[stretch_count].from = time + 1;
            stretches[stretch_count++].until = until;
            time = until - 1;
        } else {
            uint32_t step = rnd(3000) == 0 ? rnd(200000) : 1 + rnd(2);

            time += step;
            instruction = rnd(30) ? (instruction + step) % CODE : rnd(2 * CODE);
            for (uint32_t n = 1 + (instruction % 4 == 0); n-- && !encoder.full && count < ACCESSES_MAX;) {
                struct item *item = &items[count];

                *item = make(time, instruction);
                access_put(&encoder, time, item->instruction, item->access.address, item->access.physical, item->access.bytes,
                           item->access.kind);
                count++;
            }
        }
    }
    return count;
}

static int same(const struct stream_access *a, const struct stream_access *b) {
    return a->kind == b->kind && a->address == b->address && a->physical == b->physical && a->bytes == b->bytes;
}

/* items[].physical keeps the page offset of the address, as every translation does. */
static void take_back(uint32_t count, uint32_t bytes, uint64_t first) {
    static struct stream_accesses accesses;
    struct stream_access access;
    uint64_t until;

    expect(stream_accesses_open(&accesses, content, bytes, first), "not opened", 0);
    for (uint32_t i = 0; i < count; i++) {
        expect(stream_accesses_next(&accesses) == items[i].time, "time", i);
        expect(stream_accesses_take(&accesses, items[i].instruction, &access), "broken", i);
        expect(same(&access, &items[i].access), "not the same", i);
        expect(stream_accesses_recorded(&accesses, items[i].time, &until) && until > items[i].time, "not recorded", i);
    }
    expect(stream_accesses_next(&accesses) == UINT64_MAX, "something behind the last", count);
    expect(!accesses.broken, "broken at the end", count);
    stream_accesses_open(&accesses, content, bytes, first);
    for (uint32_t i = 0; i < stretch_count; i++) {
        expect(!stream_accesses_recorded(&accesses, stretches[i].from, &until) && until == stretches[i].until, "not quiet", i);
        expect(!stream_accesses_recorded(&accesses, stretches[i].until - 1, &until), "not quiet to the end", i);
    }
}

/* Read content with some bytes changed or missing: it must come to an end. */
static void damage(uint32_t bytes, uint64_t first) {
    static struct stream_accesses accesses;
    struct stream_access access;
    uint32_t length;
    const uint8_t *copy = damaged(content, bytes, &length);
    uint64_t until;

    stream_accesses_open(&accesses, copy, length, first);
    for (uint32_t i = 0; i < 2 * ACCESSES_MAX && stream_accesses_next(&accesses) != UINT64_MAX; i++) {
        stream_accesses_recorded(&accesses, accesses.model.time, &until);
        stream_accesses_take(&accesses, items[i % ACCESSES_MAX].instruction, &access);
    }
}

/* Accesses of which nothing is predicted, and stretches, until one is refused: none before full, and enough from there on. */
static uint32_t overfill(uint64_t first) {
    uint64_t time = first;
    uint32_t count = 0, room = 0;
    bool taken = true;

    access_begin(&encoder, first);
    stretch_count = 0;
    while (taken && count < ACCESSES_MAX) {
        struct item *item = &items[count];
        uint32_t page = rnd(1u << 20);

        time += ACCESS_GAP_MAX + rnd(1000);
        room += encoder.full;
        *item = (struct item){ time, rnd(0xffffffff), { 1 + rnd(3), page << 12 | rnd(4096), 0, 1 + rnd(64) } };
        item->access.physical = rnd(1u << 20) << 12 | (item->access.address & 0xfff);
        taken = access_put(&encoder, time, item->instruction, item->access.address, item->access.physical, item->access.bytes,
                           item->access.kind);
        count += taken;
    }
    expect(!taken && room > ACCESS_SLACK, "no room where there should be", room);
    return count;
}

int main(int argc, char **argv) {
    uint64_t first = 71044827, count, bytes;

    state = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
    for (uint32_t round = 0; round < 3; round++) {
        count = fill(first);
        for (uint32_t i = 0; i < count; i++)
            expect((items[i].access.address & 0xfff) == (items[i].access.physical & 0xfff), "the test's own addresses", i);
        bytes = access_end(&encoder, content);
        expect(bytes <= sizeof(content), "too long", bytes);
        take_back((uint32_t)count, (uint32_t)bytes, first);
        first += 1000000000;
    }
    count = overfill(first);
    bytes = access_end(&encoder, content);
    expect(bytes <= sizeof(content), "too long", bytes);
    take_back((uint32_t)count, (uint32_t)bytes, first);
    for (uint32_t i = 0; i < DAMAGES; i++)
        damage((uint32_t)bytes, first);
    if (findings == 0)
        printf("%.3f\n", (double)bytes / (double)count);
    return findings != 0;
}
