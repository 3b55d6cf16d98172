/*
 * difference.h - where two tables differ: what a table that was written unseen is compared with is its copy.
 *
 * Callers: oos.c, and xen/direct/writable.c for tables that are disconnected.
 */
#ifndef SHADOW_DIFFERENCE_H
#define SHADOW_DIFFERENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "shadow/geometry.h"

/*
 * The first index from index on (0..TABLE_ENTRIES) at which the two tables differ; TABLE_ENTRIES: none. The shortest
 * way to say it is the processor's own; with nothing left it leaves the flags as cmp has set them.
 */
static inline uint32_t first_difference(const pte_t *a, const pte_t *b, uint32_t index) {
    uintptr_t left = TABLE_ENTRIES - index;
    bool same;

    a += index;
    b += index;
    __asm__ volatile("cmp %%eax, %%eax\n\trepe cmpsl" : "=@ccz"(same), "+S"(a), "+D"(b), "+c"(left) : : "memory");
    return same ? TABLE_ENTRIES : TABLE_ENTRIES - (uint32_t)left - 1;
}

#endif
