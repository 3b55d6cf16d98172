/* random.c - see random.h. Marsaglia's xorshift. */
#include "guests/lib/random.h"

#define SMALL 40u                    /* of which many arguments that mean something are */

static uint32_t state = 1;

void random_start(uint32_t seed) {
    state = seed * 2654435761u | 1;
}

uint32_t random_any(void) {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}

uint32_t random_below(uint32_t limit) {
    return random_any() % limit;
}

void random_fill(void *words, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        ((uint32_t *)words)[i] = random_below(2) ? random_below(SMALL) : random_any();
}
