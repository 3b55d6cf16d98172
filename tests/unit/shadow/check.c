/* check.c - checks and random numbers of the hosted tests. See check.h. */
#include "tests/unit/shadow/check.h"

#include <stdio.h>
#include <stdlib.h>

uint64_t checks_made;

void (*check_failed)(const char *file, int line, const char *text);

static uint64_t seed = 20260501, state;

void check(bool holds, const char *file, int line, const char *text) {
    checks_made++;
    if (!holds) {
        fflush(stdout);
        fprintf(stderr, "%s:%d: does not hold: %s (seed %llu, check %llu)\n", file, line, text,
                (unsigned long long)seed,
                (unsigned long long)checks_made);
        if (check_failed != NULL) {
            check_failed(file, line, text);
        }
        exit(1);
    }
}

void check_equal(uint64_t value, uint64_t wanted, const char *file, int line, const char *text) {
    if (value != wanted) {
        fprintf(stderr, "%s:%d: %s is 0x%llx, should be 0x%llx\n", file, line, text, (unsigned long long)value,
                (unsigned long long)wanted);
    }
    check(value == wanted, file, line, text);
}

void random_begin(int argc, char **argv) {
    if (argc > 1) {
        seed = strtoull(argv[1], NULL, 0);
    }
    state = seed * 2 + 1;
    printf("seed %llu\n", (unsigned long long)seed);
    fflush(stdout);
}

uint64_t random_switch(uint64_t to) {
    uint64_t kept = state;

    state = to;
    return kept;
}

/* xorshift64*: Vigna, "An experimental exploration of Marsaglia's xorshift generators" */
uint32_t random_word(void) {
    if (state == 0) {
        state = seed * 2 + 1;
    }
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (uint32_t)(state * 0x2545f4914f6cdd1dull >> 32);
}

uint32_t random_below(uint32_t below) {
    return (uint32_t)((uint64_t)random_word() * below >> 32);
}

int check_end(const char *name) {
    printf("%s: %llu checks\n", name, (unsigned long long)checks_made);
    return 0;
}
