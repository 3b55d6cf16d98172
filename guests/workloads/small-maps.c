/*
 * small-maps - many small mappings far apart, made, used and given back: page tables come and go with them.
 *
 * As many small files mapped by a program would be. Each mapping is pages= pages in a 4 MiB stretch of its own, so that it has
 * a page table to itself; when it is unmapped the table is recycled. Parameters: pages= (default 4), times= mappings of a
 * round (32), rounds= (8).
 */
#include "guests/workloads/lib/program.h"

#define FIRST 0x50000000u
#define APART 0x400000u
#define MOST 256

static uint32_t *place(uint32_t i) {
    return (uint32_t *)(uintptr_t)(FIRST + i * APART);
}

static void use(uint32_t i, uint32_t pages, uint32_t value) {
    for (uint32_t page = 0; page < pages; page++)
        place(i)[page * WORDS_PER_PAGE] = value + page;
    for (uint32_t page = 0; page < pages; page++)
        expect(place(i)[page * WORDS_PER_PAGE] == value + page);
}

int32_t program_main(const char *arguments) {
    uint32_t pages = option_number(arguments, "pages", 4);
    uint32_t times = option_number(arguments, "times", 32);
    uint32_t rounds = option_number(arguments, "rounds", 8);

    if (pages == 0 || pages > APART / PAGE_SIZE || times == 0 || times > MOST) {
        print("error: small-maps needs pages=1..%u and times=1..%u\n", APART / PAGE_SIZE, MOST);
        return OUTCOME_error;
    }
    for (uint32_t round = 0; round < rounds; round++) {
        for (uint32_t i = 0; i < times; i++) {
            expect(sys_map(place(i), pages * PAGE_SIZE, PROTECTION_read | PROTECTION_write) ==
                   (int32_t)(uintptr_t)place(i));
            use(i, pages, round * 1000 + i);
        }
        for (uint32_t i = 0; i < times; i++)
            expect(sys_unmap(place(i), pages * PAGE_SIZE) == 0);
    }
    print("small-maps: %u rounds of %u mappings of %u pages\n", rounds, times, pages);
    return OUTCOME_success;
}
