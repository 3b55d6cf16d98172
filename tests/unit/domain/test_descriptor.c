/*
 * test_descriptor.c - may a descriptor that descriptor_check lets through ever reach the hypervisor?
 *
 * The question is answered by an independent model: what addresses and which level the processor would grant for the
 * descriptor as it stands afterwards, worked out the long way round (every page of the segment) instead of by
 * arithmetic on its ends. The same is asked of segments of 4 GiB turned over from half to half by descriptor_flip,
 * which must also make every access possible that a guest may have, and none else.
 * Usage: test_descriptor [seed]
 */
#include <stdbool.h>
#include <string.h>

#include "tests/unit/domain/fuzz.h"
#include "xen/guest/gdt.h"
#include "xen/mm/layout.h"

#define ROUNDS 200000u
#define PAGES (1u << 20)
#define FLIP_BASES 4000u

struct case_text {
    uint32_t low, high;
    bool good;
    const char *what;
};

static const struct case_text cases[] = {
    { 0x0000ffff, 0x00cbfa00, true, "flat code of ring 3 up to 0xbffff pages" },
    { 0x0000ffff, 0x00cff200, true, "flat data of ring 3, limit to be cut" },
    { 0x0000ffff, 0x00cf9200, true, "flat data of ring 0 becomes ring 1" },
    { 0x00000000, 0x00000000, true, "empty" },
    { 0x00000067, 0x00008900, false, "available TSS" },
    { 0x00000067, 0x0000e900, false, "available TSS of ring 3" },
    { 0x0000ffff, 0x0000e200, false, "LDT" },
    { 0xe0081234, 0x0000ec00, false, "call gate to the hypervisor's code" },
    { 0xe0191234, 0x0000ec00, true, "call gate to flat code of ring 1" },
    { 0x00181234, 0x0000ec00, true, "call gate to the guest's own segment" },
    { 0xe0191234, 0x0000ece0, false, "call gate with reserved bits" },
    { 0xe0191234, 0x0000ee00, false, "interrupt gate" },
    { 0xe0191234, 0x0000ef00, false, "trap gate" },
    { 0x00191234, 0x0000e500, false, "task gate" },
    { 0x0000ffff, 0xfc00f240, false, "data that begins where the hypervisor does" },
    { 0x0000ffff, 0xfc0ff23f, false, "byte-granular data across the end" },
    { 0x0000ffff, 0x00c0f600, true, "expand-down flat data" },
};

/* The model. */

static uint32_t base_of(const uint32_t words[2]) {
    return words[0] >> 16 | (words[1] & 0xff) << 16 | (words[1] & 0xff000000);
}

/* Is offset valid in the data or code segment? (SDM volume 3, 5.3) */
static bool offset_valid(const uint32_t words[2], uint64_t offset) {
    uint64_t limit = (words[0] & 0xffff) | (words[1] & 0xf0000);
    bool code = words[1] >> 11 & 1, down = !code && (words[1] >> 10 & 1);

    if (words[1] >> 23 & 1) {
        limit = limit << 12 | 0xfff;
    }
    if (!down) {
        return offset <= limit;
    }
    return offset > limit && offset <= (words[1] >> 22 & 1 ? 0xffffffffu : 0xffffu);
}

/*
 * Does the segment grant a byte at or above GUEST_SEGMENT_END? Pages are probed at both ends, at the byte of a page
 * where a segment can begin or end.
 */
static bool reaches_hypervisor(const uint32_t words[2]) {
    uint32_t base = base_of(words), limit = (words[0] & 0xffff) | (words[1] & 0xf0000);
    uint32_t in_page[] = { 0, PAGE_SIZE - 1, base % PAGE_SIZE, (base - 1) % PAGE_SIZE, (base + limit) % PAGE_SIZE,
                           (base + limit + 1) % PAGE_SIZE };

    for (uint32_t page = GUEST_SEGMENT_END >> PAGE_SHIFT; page < PAGES; page++) {
        for (uint32_t i = 0; i < sizeof(in_page) / sizeof(in_page[0]); i++) {
            if (offset_valid(words, (page << PAGE_SHIFT | in_page[i]) - base)) {
                return true;
            }
        }
    }
    return false;
}

static bool is_harmless(const uint32_t words[2]) {
    uint32_t selector = words[0] >> 16;

    if (!(words[1] >> 15 & 1)) {
        return true;
    }
    if ((words[1] >> 13 & 3) == 0) {
        return false;
    }
    if (words[1] >> 12 & 1) {
        return !reaches_hypervisor(words);
    }
    if ((words[1] >> 8 & 15) != 12) {
        return false;
    }
    return (selector & 4) || (selector & 0xfff8) < 0xe000 || (selector & 0xfff8) == 0xe018 ||
           (selector & 0xfff8) == 0xe028;
}

static int failures;

static void judge(const uint32_t before[2], const char *what) {
    uint32_t words[2] = { before[0], before[1] };

    if (descriptor_check(words) && !is_harmless(words)) {
        printf("FAILED %s: %08x %08x was let through as %08x %08x\n", what, before[0], before[1], words[0], words[1]);
        failures++;
    }
}

/* Numbers near the ends are where mistakes are made. */
static uint32_t interesting(uint32_t *state) {
    static const uint32_t points[] = { 0, 1, 0xfff, 0x1000, GUEST_SEGMENT_END - 1, GUEST_SEGMENT_END - 0x1000,
                                       GUEST_SEGMENT_END - 0x1001, 0xffff, 0x10000,
                                       0xfc000000, 0xfc3fffff, 0xffffffff };
    uint32_t choice = fuzz_next(state);

    return choice % 3 == 0 ? points[choice / 3 % (sizeof(points) / sizeof(points[0]))] : choice;
}

static void make(uint32_t *state, uint32_t words[2]) {
    uint32_t base = interesting(state), limit = interesting(state), flags = fuzz_next(state);

    if (flags & 1u << 20) {
        limit = (0u - base - 1) >> (flags & 1u << 21 ? 12 : 0); /* up to the end of the address space */
    }
    words[0] = base << 16 | (limit & 0xffff);
    words[1] = (base & 0xff000000) | (base >> 16 & 0xff) | (limit & 0xf0000) | (flags & 0xf0ff00) | 1u << 15;
}

/*
 * An access to address, which is or is not the guest's, through a segment of 4 GiB at base in the form that words has:
 * possible, or possible once it is turned over, exactly when it is the guest's. Of the guest's addresses those are left
 * out that share a page, counted from base, with the hypervisor or with the end of the address space: limits are pages.
 */
static void judge_access(uint32_t words[2], uint32_t base, uint32_t address, bool thorough) {
    uint32_t offset = address - base, before[2] = { words[0], words[1] }, checked[2];
    uint32_t room = (GUEST_SEGMENT_END - base) & PAGE_MASK;
    bool possible = offset_valid(words, offset), guests = address >= base ? offset < room : address >= base % PAGE_SIZE;
    bool flipped = descriptor_flip(words, offset);

    memcpy(checked, words, sizeof(checked));
    if (!descriptor_check(checked) || memcmp(checked, words, sizeof(checked)) != 0 || base_of(words) != base ||
        (thorough && !is_harmless(words)) || (flipped && (possible || !offset_valid(words, offset))) ||
        (!flipped && memcmp(before, words, sizeof(before)) != 0) || (possible || flipped) != guests) {
        printf("FAILED access to %08x, base %08x: %08x %08x became %08x %08x\n", address, base, before[0], before[1],
               words[0], words[1]);
        failures++;
    }
}

static void test_flips(uint32_t *state) {
    static const uint32_t edges[] = { 0, 1, 3, 0xfff, 0x1000, GUEST_SEGMENT_END - 0x1001, GUEST_SEGMENT_END - 1,
                                      GUEST_SEGMENT_END, 0xfd000000, 0xfffff000, 0xffffffff };

    for (uint32_t i = 0; i < FLIP_BASES; i++) {
        uint32_t base = interesting(state), level = fuzz_next(state) % 3 + 1;
        uint32_t high = (base & 0xff000000) | (base >> 16 & 0xff) | 0x00cf9200 | level << 13;
        uint32_t words[2] = { base << 16 | 0xffff, high };

        if (base < PAGE_SIZE || !descriptor_check(words)) {
            continue; /* nothing below it, or not a segment */
        }
        for (uint32_t k = 0; k < 50; k++) {
            uint32_t around[] = { edges[k % 11], base + k % 7 - 3, fuzz_next(state), (base & PAGE_MASK) + k % 3 - 1 };

            judge_access(words, base, around[fuzz_next(state) % 4], i % 100 == 0 && k < 10);
        }
    }
}

/* Not segments of 4 GiB: never turned over. */
static void test_not_flipped(uint32_t *state) {
    static const struct case_text others[] = {
        { 0x0000ffff, 0x00cff200, true, "flat data: nothing is below base 0" },
        { 0x0800ffff, 0x00cff200, true, "data that begins in the first page" },
        { 0x0000ffff, 0x40cffa00, true, "code" },
        { 0x0000ffff, 0x408ff200, true, "16-bit data" },
        { 0x0000ffff, 0x404ff200, true, "byte-granular data" },
        { 0x0000ffff, 0x40c0f200, true, "shorter data" },
        { 0x0000ffff, 0x40c0f600, true, "expand-down data, to be cut" },
        { 0x0000ffff, 0x40cff600, true, "expand-down data without an offset" },
        { 0x0000ffff, 0x40cf7200, true, "not present" },
        { 0xe0191234, 0x0000ec00, true, "call gate" },
    };

    for (uint32_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        uint32_t words[2] = { others[i].low, others[i].high };

        if (!descriptor_check(words)) {
            printf("FAILED %s: refused\n", others[i].what);
            failures++;
        }
        bool is_half = i == 6; /* cutting it makes a half of 4 GiB of it */

        for (uint32_t k = 0; k < 100; k++) {
            uint32_t copy[2] = { words[0], words[1] };

            if (descriptor_flip(copy, fuzz_next(state) | (is_half ? 0xc0000000u : 0))) {
                printf("FAILED %s: turned over\n", others[i].what);
                failures++;
            }
        }
    }
}

int main(int argc, char **argv) {
    uint32_t state = fuzz_seed(argc, argv), let_through = 0;

    for (uint32_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint32_t words[2] = { cases[i].low, cases[i].high };

        judge(words, cases[i].what);
        if (descriptor_check(words) != cases[i].good) {
            printf("FAILED %s: %s\n", cases[i].what, cases[i].good ? "refused" : "let through");
            failures++;
        }
    }
    for (uint32_t i = 0; i < ROUNDS; i++) {
        uint32_t words[2], copy[2];

        make(&state, words);
        memcpy(copy, words, sizeof(copy));
        let_through += descriptor_check(copy);
        if (i % 50 == 0 || !(words[1] >> 12 & 1)) {
            judge(words, "random descriptor"); /* the long way round is slow: a sample of the segments, all gates */
        }
    }
    test_flips(&state);
    test_not_flipped(&state);
    if (let_through < ROUNDS / 20) {
        printf("FAILED only %u of %u random descriptors were let through: the test tests little\n", let_through,
               ROUNDS);
        failures++;
    }
    printf("%u descriptors, %u let through, %d failures\n", ROUNDS, let_through, failures);
    return failures != 0;
}
