/*
 * machine_frames.c - hosted test of the frame table and its allocator (xen/mm/frame.h, rules F1 to F4): the real
 * code, at its real linear addresses, over memory of this process. A 32-bit process has that range free.
 * tests/test_machine_lib.py compiles and runs it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <xen/xen.h>

#include "xen/lib/panic.h"
#include "xen/mm/frame.h"
#include "xen/mm/frame_setup.h"
#include "xen/mm/map_cache.h"

#define FRAMES 256u
#define FIRST_GUEST 64u
#define DOMAIN 1u
#define OTHER 2u

static int failures;
static uint32_t free_list[FRAMES];

#define CHECK(condition) \
    ((condition) ? (void)0 : (void)(failures++, printf("%s:%d: %s does not hold\n", __FILE__, __LINE__, #condition)))

/* What frame.c needs of the rest: every frame of this test lies in the direct map, so no window is ever made. */
uint32_t map_cache_frame[LAYOUT_MAP_CACHE_SLOTS];
uint8_t map_cache_used[LAYOUT_MAP_CACHE_SLOTS];
uint32_t tlb_generation = 7;

void *map_cache_miss(uint32_t frame) {
    (void)frame;
    abort();
}

void assertion_failed(const char *file, int line, const char *expression) {
    printf("%s:%d: assertion failed: %s\n", file, line, expression);
    exit(100);
}

static void place(uint32_t linear, uint32_t bytes) {
    void *got = mmap((void *)linear, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
                     -1, 0);
    if (got != (void *)linear) {
        perror("mmap");
        exit(101);
    }
}

static void start(void) {
    memset(frame_table, 0, FRAMES * sizeof(struct frame));
    frame_setup(FRAMES, FIRST_GUEST, free_list);
    frame_add(FIRST_GUEST, 128);
    frame_add(192, FRAMES);   /* with a hole before it */
}

static void test_owners(void) {
    CHECK(frame_of((mfn_t){ FIRST_GUEST - 1 })->owner == DOMID_XEN);
    CHECK(frame_of((mfn_t){ 150 })->owner == DOMID_IO);
    CHECK(frame_of((mfn_t){ FIRST_GUEST })->owner == DOMID_INVALID);
    CHECK(frame_available() == 128);
    CHECK(!frame_exists((mfn_t){ FRAMES }) && !frame_owned_by(DOMID_IO, (mfn_t){ FRAMES }));
    static const uint32_t nobodys[] = { 0, FIRST_GUEST, 150, FRAMES - 1, FRAMES, FRAMES + 1, 0xfffff, 0xffffffffu };
    for (unsigned i = 0; i < sizeof(nobodys) / sizeof(nobodys[0]); i++) {
        CHECK(!frame_get(DOMAIN, (mfn_t){ nobodys[i] }));
        CHECK(!frame_get_with_type(DOMAIN, (mfn_t){ nobodys[i] }, FRAME_WRITABLE));
    }
    CHECK(!frame_get(DOMID_INVALID, (mfn_t){ FIRST_GUEST }));   /* a free frame, asked for under its own owner */
    CHECK(!frame_get(DOMID_IO, (mfn_t){ 150 }));
}

/*
 * Everything can be had once, nothing twice, and all of it again after it came back. Returns how many followed their
 * predecessor.
 */
static uint32_t take_all_and_return(void) {
    static uint8_t seen[FRAMES];
    uint32_t taken = 0, ascending = 0, previous = 0;
    mfn_t mfn;
    memset(seen, 0, sizeof(seen));
    while (frame_allocate(DOMAIN, &mfn)) {
        CHECK(!seen[mfn.n] && (mfn.n - FIRST_GUEST < 64 || mfn.n >= 192));
        seen[mfn.n] = 1;
        ascending += taken && mfn.n == previous + 1;
        previous = mfn.n;
        taken++;
    }
    CHECK(taken == 128 && frame_available() == 0);
    for (uint32_t n = 0; n < FRAMES; n++) {
        if (seen[n]) {
            frame_free((mfn_t){ n });
        }
    }
    CHECK(frame_available() == 128);
    return ascending;
}

static void test_order(void) {
    uint32_t first[2], second;
    mfn_t mfn;
    CHECK(frame_allocate(DOMAIN, &mfn) && mfn.n == FIRST_GUEST);
    frame_free(mfn);
    CHECK(take_all_and_return() == 126);   /* one jump, over the hole */
    for (unsigned again = 0; again < 2; again++) {
        start();
        frame_scatter(7);
        CHECK(frame_allocate(DOMAIN, &mfn));
        first[again] = mfn.n;
        frame_free(mfn);
    }
    CHECK(first[0] == first[1]);
    start();
    frame_scatter(8);
    CHECK(frame_allocate(DOMAIN, &mfn));
    second = mfn.n;
    frame_free(mfn);
    CHECK(second != first[0]);
    CHECK(take_all_and_return() < 16);
}

/* Frames one behind the other: the first run that is free, below the limit, once it is clean; all are there again later. */
static void test_run(void) {
    mfn_t mfn = { 5 }, one;
    start();
    CHECK(frame_allocate_run(DOMAIN, 128, FRAMES, &mfn) == FRAMES_NONE && mfn.n == 5);
    CHECK(frame_allocate_run(DOMAIN, 64, 127, &mfn) == FRAMES_NONE && mfn.n == 5 && frame_available() == 128);
    CHECK(frame_allocate(DOMAIN, &one) && one.n == FIRST_GUEST);
    CHECK(frame_allocate_run(DOMAIN, 32, FRAMES, &mfn) == FRAMES_TAKEN && mfn.n == 96);
    for (uint32_t n = 96; n < 128; n++) {
        CHECK(frame_owned_by(DOMAIN, (mfn_t){ n }) && frame_of((mfn_t){ n })->count == 1);
        memset((void *)(LAYOUT_DIRECT_MAP + n * PAGE_SIZE), 0x5a, PAGE_SIZE);
        frame_free((mfn_t){ n });
    }
    CHECK(frame_available() == 127);
    frame_free(one); /* together one more than are cleared at a time */
    CHECK(frame_allocate_run(OTHER, 64, FRAMES, &mfn) == FRAMES_CLEARING && frame_available() == 128);
    CHECK(frame_allocate_run(OTHER, 64, FRAMES, &mfn) == FRAMES_TAKEN && mfn.n == FIRST_GUEST);
    for (uint32_t n = 96; n < 128; n++) {
        const uint8_t *bytes = (const uint8_t *)(LAYOUT_DIRECT_MAP + n * PAGE_SIZE);
        CHECK(bytes[0] == 0 && bytes[PAGE_SIZE - 1] == 0); /* F4 */
    }
    for (uint32_t n = FIRST_GUEST; n < 128; n++) {
        frame_free((mfn_t){ n });
    }
    CHECK(take_all_and_return() > 0);
    mfn.n = 5;
    CHECK(frame_allocate_run(OTHER, 64, FRAMES, &mfn) == FRAMES_CLEARING && mfn.n == 5 && frame_available() == 128);
    CHECK(frame_allocate_run(OTHER, 64, FRAMES, &mfn) == FRAMES_TAKEN && mfn.n == FIRST_GUEST);
}

/* Below a limit: those that are there, none else, and nothing is lost. */
static void test_below(void) {
    uint32_t taken = 0;
    mfn_t mfn = { 5 };
    start();
    CHECK(!frame_allocate_below(DOMAIN, FIRST_GUEST, &mfn) && mfn.n == 5 && frame_available() == 128);
    while (frame_allocate_below(DOMAIN, 100, &mfn)) {
        CHECK(mfn.n >= FIRST_GUEST && mfn.n < 100 && frame_of(mfn)->owner == DOMAIN && frame_of(mfn)->count == 1);
        taken++;
    }
    CHECK(taken == 100 - FIRST_GUEST && frame_available() == 128 - taken);
    while (frame_allocate_below(DOMAIN, FRAMES, &mfn)) {
        CHECK(mfn.n >= 100);
        taken++;
    }
    CHECK(taken == 128);
}

/* F1, F4: the last reference frees, and the next owner finds zeros. */
static void test_life(void) {
    mfn_t mfn, next;
    start();
    CHECK(frame_allocate(DOMAIN, &mfn));
    uint8_t *page = map_frame(mfn);
    memset(page, 0x5a, PAGE_SIZE);
    CHECK(frame_of(mfn)->count == 1 && frame_get(DOMAIN, mfn) && !frame_get(OTHER, mfn));
    frame_free(mfn);
    CHECK(frame_of(mfn)->owner == DOMAIN && frame_available() == 127);   /* one reference is left */
    frame_put(mfn);
    CHECK(frame_of(mfn)->owner == DOMID_INVALID && frame_available() == 128 && !frame_get(DOMAIN, mfn));
    do {
        CHECK(frame_allocate(OTHER, &next));
    } while (next.n != mfn.n);
    for (uint32_t i = 0; i < PAGE_SIZE; i++) {
        CHECK(!page[i]);
    }
}

/* F2: types exclude each other; the type goes with its last reference. */
static void test_types(void) {
    mfn_t mfn;
    start();
    CHECK(frame_allocate(DOMAIN, &mfn));
    struct frame *frame = frame_of(mfn);
    for (uint32_t held = FRAME_L1; held < FRAME_TYPES; held++) {
        CHECK(frame_get_with_type(DOMAIN, mfn, held) && frame->count == 2);
        frame->flags |= FRAME_VALIDATED;
        frame->link = 9;
        for (uint32_t asked = FRAME_L1; asked < FRAME_TYPES; asked++) {
            CHECK(frame_get_type(mfn, asked) == (asked == held));
            CHECK(frame_get_with_type(DOMAIN, mfn, asked) == (asked == held));
        }
        CHECK(frame->count == 3 && frame->type_count == 3 && (frame->flags & FRAME_VALIDATED));
        frame_put_with_type(mfn);
        frame_put_type(mfn);
        CHECK(frame->type == held && frame->link == 9);
        frame_put_with_type(mfn);
        CHECK(frame->count == 1 && !frame->type_count && frame->type == FRAME_NONE);
        CHECK(frame->writable_until == (held == FRAME_WRITABLE ? tlb_generation : 0) && !(frame->flags & FRAME_VALIDATED));
    }
}

/* F3: at the limit a reference is refused and nothing changes. */
static void test_limits(void) {
    mfn_t mfn;
    start();
    CHECK(frame_allocate(DOMAIN, &mfn));
    struct frame *frame = frame_of(mfn);
    frame->count = UINT32_MAX - 1;
    CHECK(frame_get(DOMAIN, mfn) && frame->count == UINT32_MAX);
    CHECK(!frame_get(DOMAIN, mfn) && !frame_get_with_type(DOMAIN, mfn, FRAME_L1));
    CHECK(frame->count == UINT32_MAX && !frame->type_count && frame->type == FRAME_NONE);
    frame->type = FRAME_L2;
    frame->type_count = UINT32_MAX;
    CHECK(!frame_get_type(mfn, FRAME_L2) && frame->type_count == UINT32_MAX);
}

int main(void) {
    place(LAYOUT_FRAME_TABLE, 1 << 20);
    place(LAYOUT_DIRECT_MAP, FRAMES * PAGE_SIZE);
    start();
    test_owners();
    test_order();
    test_below();
    test_run();
    test_life();
    test_types();
    test_limits();
    return failures > 99 ? 99 : failures;
}
