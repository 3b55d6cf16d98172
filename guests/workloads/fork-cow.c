/*
 * fork-cow - forking processes that share their memory copy-on-write, and write to it.
 *
 * The parent fills its pages with a pattern. In each round it forks children; every child checks what it inherited,
 * overwrites every second page, forks a grandchild that overwrites the rest, and checks that each sees its own writes
 * and nobody else's. The parent changes some pages while they run and checks all of its own afterwards. Parameters:
 * pages= (default 128), rounds= (8), processes= children per round (4).
 */
#include "guests/workloads/lib/program.h"

/* Every word of a page is checked at a few places. */
#define STEP 64

static uint32_t pattern(uint32_t page, uint32_t writer) {
    return page * 0x9e3779b9u ^ writer * 0x85ebca6bu ^ 0x5bd1e995u;
}

static void write_page(uint32_t *memory, uint32_t page, uint32_t writer) {
    for (uint32_t i = 0; i < WORDS_PER_PAGE; i += STEP)
        memory[page * WORDS_PER_PAGE + i] = pattern(page, writer) + i;
}

static bool page_is(const uint32_t *memory, uint32_t page, uint32_t writer) {
    for (uint32_t i = 0; i < WORDS_PER_PAGE; i += STEP) {
        if (memory[page * WORDS_PER_PAGE + i] != pattern(page, writer) + i)
            return false;
    }
    return true;
}

static _Noreturn void grandchild(uint32_t *memory, uint32_t pages, uint32_t child) {
    uint32_t own = child + 1000;

    for (uint32_t page = 1; page < pages; page += 2)
        write_page(memory, page, own);
    for (uint32_t page = 0; page < pages; page++)
        expect(page_is(memory, page, page % 2 == 0 ? child : own));
    sys_exit(OUTCOME_success);
}

static _Noreturn void child(uint32_t *memory, uint32_t pages, const uint32_t *writers, uint32_t own) {
    for (uint32_t page = 0; page < pages; page++)
        expect(page_is(memory, page, writers[page]));
    for (uint32_t page = 0; page < pages; page += 2)
        write_page(memory, page, own);
    if (sys_fork() == 0)
        grandchild(memory, pages, own);
    wait_expecting(OUTCOME_success);
    for (uint32_t page = 0; page < pages; page++)
        expect(page_is(memory, page, page % 2 == 0 ? own : writers[page]));
    sys_exit(OUTCOME_success);
}

int32_t program_main(const char *arguments) {
    uint32_t pages = option_number(arguments, "pages", 128);
    uint32_t rounds = option_number(arguments, "rounds", 8);
    uint32_t processes = option_number(arguments, "processes", 4);
    uint32_t *memory, *writers;

    if (pages == 0 || processes == 0 || processes > 12) {
        print("error: fork-cow needs pages=1.. and processes=1..12\n");
        return OUTCOME_error;
    }
    memory = map_pages(pages);
    writers = map_pages((pages + WORDS_PER_PAGE - 1) / WORDS_PER_PAGE);
    for (uint32_t page = 0; page < pages; page++) {
        writers[page] = 1;
        write_page(memory, page, 1);
    }
    for (uint32_t round = 0; round < rounds; round++) {
        for (uint32_t i = 0; i < processes; i++) {
            int32_t pid = sys_fork();

            expect(pid >= 0);
            if (pid == 0)
                child(memory, pages, writers, 100 + round * processes + i);
        }
        for (uint32_t page = round % 8; page < pages; page += 8) {
            writers[page] = 2 + round;
            write_page(memory, page, writers[page]);
        }
        for (uint32_t i = 0; i < processes; i++)
            wait_expecting(OUTCOME_success);
        for (uint32_t page = 0; page < pages; page++)
            expect(page_is(memory, page, writers[page]));
    }
    print("fork-cow: %u rounds of %u children with %u pages\n", rounds, processes, pages);
    return OUTCOME_success;
}
