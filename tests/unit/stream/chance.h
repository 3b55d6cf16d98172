/*
 * chance.h - what the tests of the codecs have in common: chance, findings, and damage.
 *
 * Rules: included once by a program.
 * Callers: accesses.c and walks.c beside this file.
 */
#ifndef TESTS_UNIT_STREAM_CHANCE_H
#define TESTS_UNIT_STREAM_CHANCE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t findings;
static uint64_t state; /* of chance */

static uint32_t rnd(uint32_t below) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 33) % below;
}

static void expect(int holds, const char *what, uint64_t at) {
    if (holds || findings++ > 20)
        return;
    printf("%s: %llu\n", what, (unsigned long long)at);
}

/* A copy of content with some bytes changed or missing, as long as it is, so that a sanitizer sees each byte too many. */
static const uint8_t *damaged(const uint8_t *content, uint32_t bytes, uint32_t *length) {
    static uint8_t *copy;

    *length = rnd(3) ? bytes : rnd(bytes);
    free(copy);
    copy = malloc(*length ? *length : 1);
    memcpy(copy, content, *length);
    for (uint32_t n = rnd(4); n-- && *length;)
        copy[rnd(rnd(2) ? *length : *length < 40 ? *length : 40)] = (uint8_t)rnd(256);
    return copy;
}

#endif
