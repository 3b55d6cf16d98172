/*
 * heap.c - see heap.h. First fit over one byte a page of the direct map.
 */
#include "xen/mm/heap.h"

#include <stdbool.h>
#include <stddef.h>

#include "xen/lib/panic.h"
#include "xen/lib/string.h"
#include "xen/mm/heap_setup.h"
#include "xen/mm/paging.h"

#define DIRECT_PAGES (LAYOUT_DIRECT_MAP_BYTES >> PAGE_SHIFT)

/* 1: free. Pages that are not the heap's are never free. Belongs to the one processor there is. */
static uint8_t page_free[DIRECT_PAGES];
static uint32_t lowest, highest;   /* the free pages lie in [lowest, highest) */
static uint32_t available;

static uint32_t page_of(const void *pointer) {
    uint32_t offset = (uint32_t)pointer - LAYOUT_DIRECT_MAP;
    ASSERT(offset < LAYOUT_DIRECT_MAP_BYTES && !(offset & (PAGE_SIZE - 1)));
    return offset >> PAGE_SHIFT;
}

void heap_add(void *pointer, uint32_t pages) {
    uint32_t first = page_of(pointer);
    ASSERT(pages <= DIRECT_PAGES - first);
    memset(page_free + first, 1, pages);
    lowest = highest && lowest < first ? lowest : first;
    highest = highest > first + pages ? highest : first + pages;
    available += pages;
}

/* Free pages from first on, at most limit. */
static uint32_t gap(uint32_t first, uint32_t limit) {
    uint32_t length = 0;
    while (length < limit && first + length < highest && page_free[first + length]) {
        length++;
    }
    return length;
}

void *heap_pages_uncleared(uint32_t pages) {
    ASSERT(pages > 0);
    while (lowest < highest && !page_free[lowest]) {
        lowest++;
    }
    for (uint32_t first = lowest; first < highest;) {
        uint32_t length = gap(first, pages);
        if (length == pages) {
            memset(page_free + first, 0, pages);
            available -= pages;
            return pointer_of_physical(first << PAGE_SHIFT);
        }
        first += length + 1;
    }
    return NULL;
}

void *heap_pages(uint32_t pages) {
    void *pointer = heap_pages_uncleared(pages);
    return pointer ? memset(pointer, 0, pages << PAGE_SHIFT) : NULL;
}

void heap_free(void *pointer, uint32_t pages) {
    uint32_t first = page_of(pointer);
    ASSERT(pages <= DIRECT_PAGES - first);
    for (uint32_t page = first; page < first + pages; page++) {
        ASSERT(!page_free[page]);
    }
    heap_add(pointer, pages);
}

uint32_t heap_available(void) {
    return available;
}

uint32_t heap_largest(void) {
    uint32_t largest = 0;
    for (uint32_t first = lowest; first < highest;) {
        uint32_t length = gap(first, DIRECT_PAGES);
        largest = length > largest ? length : largest;
        first += length + 1;
    }
    return largest;
}

uint32_t physical_of(const void *pointer) {
    uint32_t linear = (uint32_t)pointer;
    if (linear - (LAYOUT_STACK_GUARD + PAGE_SIZE) < LAYOUT_STACK_PAGES * PAGE_SIZE) {
        return (uint32_t)stack_pages - LAYOUT_DIRECT_MAP + linear - (LAYOUT_STACK_GUARD + PAGE_SIZE);
    }
    ASSERT(linear - LAYOUT_DIRECT_MAP < LAYOUT_DIRECT_MAP_BYTES);
    return linear - LAYOUT_DIRECT_MAP;
}
