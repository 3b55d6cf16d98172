/*
 * collect - a garbage collector's pattern: protect a heap against writing, let the program run into it page by page, open
 * it again.
 *
 * Without signals nobody could answer the fault, so the program itself opens what it will write: each round protects the
 * whole heap, then opens and writes pseudo-random pages of it, one call a page, then opens the rest at once. A child shows that
 * a protected page cannot be written. Parameters: pages= (default 256), rounds= (16).
 */
#include "guests/workloads/lib/program.h"

#define WRITTEN 32

static void must_be_protected(uint32_t *page) {
    if (sys_fork() == 0) {
        *(volatile uint32_t *)page = 0;
        sys_exit(OUTCOME_success);
    }
    wait_expecting(STATUS_KILLED + 14);
}

static void round_of(uint32_t *heap, uint32_t pages, uint32_t *state, uint32_t *written) {
    expect(sys_protect(heap, pages * PAGE_SIZE, PROTECTION_read) == 0);
    for (uint32_t i = 0; i < WRITTEN; i++) {
        uint32_t *page = heap + random_next(state) % pages * WORDS_PER_PAGE;

        expect(sys_protect(page, PAGE_SIZE, PROTECTION_read | PROTECTION_write) == 0);
        page[0]++;
        ++*written;
    }
    expect(sys_protect(heap, pages * PAGE_SIZE, PROTECTION_read | PROTECTION_write) == 0);
}

int32_t program_main(const char *arguments) {
    uint32_t pages = option_number(arguments, "pages", 256);
    uint32_t rounds = option_number(arguments, "rounds", 16);
    uint32_t state = 1, written = 0, sum = 0;
    uint32_t *heap;

    if (pages == 0) {
        print("error: collect needs pages=1..\n");
        return OUTCOME_error;
    }
    heap = map_pages(pages);
    for (uint32_t page = 0; page < pages; page++)
        heap[page * WORDS_PER_PAGE] = 0;
    for (uint32_t i = 0; i < rounds; i++)
        round_of(heap, pages, &state, &written);
    for (uint32_t page = 0; page < pages; page++)
        sum += heap[page * WORDS_PER_PAGE];
    expect(sum == written);
    expect(sys_protect(heap, PAGE_SIZE, PROTECTION_read) == 0);
    must_be_protected(heap);
    print("collect: %u rounds over %u pages\n", rounds, pages);
    return OUTCOME_success;
}
