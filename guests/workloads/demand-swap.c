/*
 * demand-swap - more memory than the limit allows, so that pages go to swap and come back.
 *
 * Fills its pages, then visits them in pseudo-random order with a hot part that is visited more often: each visit
 * checks the page against a model and every second one changes it. A forked child checks all pages as well, some of
 * which are in swap when it is made. The kernel's counters must show that pages really went both ways. Parameters:
 * pages= (default 384), rounds= visits (default 12000), mem_limit= user frames (default 160).
 */
#include "guests/workloads/lib/program.h"

static uint32_t seed = 3;

static uint32_t pattern(uint32_t page, uint32_t version) {
    return page * 0x01000193u + version * 0x9e3779b1u;
}

static void write_page(uint32_t *memory, uint32_t page, uint32_t version) {
    uint32_t *words = memory + page * WORDS_PER_PAGE;

    words[0] = pattern(page, version);
    words[page % WORDS_PER_PAGE] = pattern(page, version);
    words[WORDS_PER_PAGE - 1] = pattern(page, version);
}

static void check_page(const uint32_t *memory, uint32_t page, uint32_t version) {
    const uint32_t *words = memory + page * WORDS_PER_PAGE;

    expect(words[0] == pattern(page, version));
    expect(words[page % WORDS_PER_PAGE] == pattern(page, version));
    expect(words[WORDS_PER_PAGE - 1] == pattern(page, version));
}

/* One visit in four goes anywhere, the others to the first eighth. */
static uint32_t choose(uint32_t pages) {
    uint32_t range = random_next(&seed) % 4 == 0 ? pages : pages / 8 + 1;

    return random_next(&seed) % range;
}

static void check_from_child(uint32_t *memory, const uint32_t *versions, uint32_t pages) {
    int32_t pid = sys_fork();

    expect(pid >= 0);
    if (pid == 0) {
        for (uint32_t page = 0; page < pages; page++)
            check_page(memory, page, versions[page]);
        for (uint32_t page = 0; page < pages; page += 3)
            write_page(memory, page, 1u << 20);
        sys_exit(OUTCOME_success);
    }
    wait_expecting(OUTCOME_success);
}

int32_t program_main(const char *arguments) {
    uint32_t pages = option_number(arguments, "pages", 384);
    uint32_t visits = option_number(arguments, "rounds", 12000);
    uint32_t limit = option_number(arguments, "mem_limit", 160);
    struct counters before, after;
    uint32_t *memory, *versions;

    if (pages <= limit || limit < 32) {
        print("error: demand-swap needs pages= above mem_limit= and mem_limit=32 at least\n");
        return OUTCOME_error;
    }
    sys_memory_limit(limit);
    sys_counters(&before);
    memory = map_pages(pages);
    versions = map_pages((pages + WORDS_PER_PAGE - 1) / WORDS_PER_PAGE);
    for (uint32_t page = 0; page < pages; page++)
        write_page(memory, page, 0);
    for (uint32_t i = 0; i < visits; i++) {
        uint32_t page = choose(pages);

        check_page(memory, page, versions[page]);
        if (i % 2 == 0)
            write_page(memory, page, ++versions[page]);
        if (i == visits / 2)
            check_from_child(memory, versions, pages);
    }
    for (uint32_t page = 0; page < pages; page++)
        check_page(memory, page, versions[page]);
    sys_counters(&after);
    expect(after.user_frames <= limit);
    expect(after.swapped_out - before.swapped_out >= pages - limit);
    expect(after.swapped_in - before.swapped_in >= pages - limit);
    expect(after.second_chances > before.second_chances);
    sys_memory_limit(0);
    print("demand-swap: %u pages in %u frames, %u visits\n", pages, limit, visits);
    return OUTCOME_success;
}
