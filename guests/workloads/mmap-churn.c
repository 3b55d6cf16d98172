/*
 * mmap-churn - mapping, protecting and unmapping memory all the time, against a model.
 *
 * A table of areas is the model: where each lies, how large it is, what its pages hold and how it is protected. In each
 * step a pseudo-random area is made, checked, rewritten, protected, shrunk or unmapped. Now and then a child tries what
 * the protection forbids, and must be killed by it. Parameters: rounds= steps (default 4000), pages= most pages of an
 * area (24).
 */
#include "guests/workloads/lib/program.h"

#define AREAS 24
#define KILLED_BY_PAGE_FAULT (STATUS_KILLED + 14)

struct area {
    uint32_t *memory;        /* NULL: none */
    uint32_t pages;
    uint32_t protection;
    uint32_t value;          /* page p's first and last word hold value + p; 0: never written, all zero */
};

static struct area areas[AREAS];
static uint32_t seed = 1;
static uint32_t most_pages;

static uint32_t expected(const struct area *area, uint32_t page) {
    return area->value == 0 ? 0 : area->value + page;
}

static void check_area(const struct area *area) {
    for (uint32_t page = 0; page < area->pages; page++) {
        expect(area->memory[page * WORDS_PER_PAGE] == expected(area, page));
        expect(area->memory[(page + 1) * WORDS_PER_PAGE - 1] == expected(area, page));
    }
}

static void fill_area(struct area *area) {
    area->value = random_next(&seed) | 1;
    for (uint32_t page = 0; page < area->pages; page++) {
        area->memory[page * WORDS_PER_PAGE] = expected(area, page);
        area->memory[(page + 1) * WORDS_PER_PAGE - 1] = expected(area, page);
    }
}

static void protect_area(struct area *area, uint32_t protection) {
    expect(sys_protect(area->memory, area->pages * PAGE_SIZE, protection) == 0);
    area->protection = protection;
}

static void make_area(struct area *area) {
    area->pages = 1 + random_next(&seed) % most_pages;
    area->memory = map_pages(area->pages);
    area->protection = PROTECTION_read | PROTECTION_write;
    area->value = 0;
}

/* Unmap pages from the end; all of them when pages is all there are. */
static void shrink_area(struct area *area, uint32_t pages) {
    area->pages -= pages;
    expect(sys_unmap(area->memory + area->pages * WORDS_PER_PAGE, pages * PAGE_SIZE) == 0);
    if (area->pages == 0)
        area->memory = NULL;
}

/* A child does what the protection forbids and is killed for it. */
static void check_forbidden(const struct area *area) {
    volatile uint32_t *word = area->memory + random_next(&seed) % area->pages * WORDS_PER_PAGE;

    if ((area->protection & PROTECTION_write) != 0)
        return;
    if (sys_fork() == 0) {
        sys_close(1);                        /* nothing to print from here */
        if (area->protection == PROTECTION_none)
            (void)*word;
        else
            *word = 1;
        sys_exit(OUTCOME_success);           /* which is not what the parent waits for */
    }
    wait_expecting(KILLED_BY_PAGE_FAULT);
}

static void step(struct area *area) {
    uint32_t what = random_next(&seed) % 64;

    if (area->memory == NULL) {
        make_area(area);
    } else if (what < 16) {
        if (area->protection != PROTECTION_none)
            check_area(area);
        shrink_area(area, area->pages);
    } else if (what < 24) {
        shrink_area(area, 1 + random_next(&seed) % area->pages);
    } else if (what < 40) {
        protect_area(area, random_next(&seed) % 3);
    } else if (what == 40) {
        check_forbidden(area);
    } else if ((area->protection & PROTECTION_write) != 0) {
        fill_area(area);
    } else if (area->protection == PROTECTION_read) {
        check_area(area);
    }
}

int32_t program_main(const char *arguments) {
    uint32_t rounds = option_number(arguments, "rounds", 4000);

    most_pages = option_number(arguments, "pages", 24);
    if (most_pages == 0 || most_pages > 4096) {
        print("error: mmap-churn needs pages=1..4096\n");
        return OUTCOME_error;
    }
    print("mmap-churn: children that do what is forbidden will be killed by page faults, as they must\n");
    for (uint32_t i = 0; i < rounds; i++)
        step(&areas[random_next(&seed) % AREAS]);
    for (uint32_t i = 0; i < AREAS; i++) {
        if (areas[i].memory == NULL)
            continue;
        protect_area(&areas[i], PROTECTION_read);
        check_area(&areas[i]);
        shrink_area(&areas[i], areas[i].pages);
    }
    print("mmap-churn: %u steps\n", rounds);
    return OUTCOME_success;
}
