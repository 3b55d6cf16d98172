/*
 * touch - much memory, used densely, sparsely and with strides that no TLB likes.
 *
 * Each round goes over the memory three times: every page in turn; every 16th page, all sixteen phases; and in pseudo-random
 * order. Each visit adds to a word of the page, and at the end every page has been visited as often as it should.
 * Parameters: pages= (default 1024), rounds= (4).
 */
#include "guests/workloads/lib/program.h"

#define STRIDE 16

static void in_turn(uint32_t *memory, uint32_t pages) {
    for (uint32_t page = 0; page < pages; page++)
        memory[page * WORDS_PER_PAGE]++;
}

static void with_stride(uint32_t *memory, uint32_t pages) {
    for (uint32_t phase = 0; phase < STRIDE; phase++) {
        for (uint32_t page = phase; page < pages; page += STRIDE)
            memory[page * WORDS_PER_PAGE]++;
    }
}

/* Every page once: 5 and pages have no common divisor with a power of two in between. */
static void at_random(uint32_t *memory, uint32_t pages, uint32_t *state) {
    uint32_t range = 1;

    while (range < pages)
        range *= 2;
    for (uint32_t i = 0, page = random_next(state) % range; i < range; i++) {
        page = (page * 5 + 12345) % range;
        if (page < pages)
            memory[page * WORDS_PER_PAGE]++;
    }
}

int32_t program_main(const char *arguments) {
    uint32_t pages = option_number(arguments, "pages", 1024);
    uint32_t rounds = option_number(arguments, "rounds", 4);
    uint32_t state = 1;
    uint32_t *memory;

    if (pages == 0) {
        print("error: touch needs pages=1..\n");
        return OUTCOME_error;
    }
    memory = map_pages(pages);
    for (uint32_t i = 0; i < rounds; i++) {
        in_turn(memory, pages);
        with_stride(memory, pages);
        at_random(memory, pages, &state);
    }
    for (uint32_t page = 0; page < pages; page++)
        expect(memory[page * WORDS_PER_PAGE] == 3 * rounds);
    print("touch: %u rounds over %u pages\n", rounds, pages);
    return OUTCOME_success;
}
