/*
 * fuzz.h - a reproducible stream of numbers for the hosted tests of xen/domain and xen/guest.
 */
#ifndef TESTS_UNIT_DOMAIN_FUZZ_H
#define TESTS_UNIT_DOMAIN_FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static inline uint32_t fuzz_next(uint32_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

/* The seed of the run: the first argument, or fixed; printed, so that a failure can be repeated. Never 0. */
static inline uint32_t fuzz_seed(int argc, char **argv) {
    uint32_t seed = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 0) : 20071;

    seed = seed != 0 ? seed : 1;
    printf("seed %u\n", seed);
    return seed;
}

#endif
