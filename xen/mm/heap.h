/*
 * heap.h - memory for the hypervisor itself: whole pages, contiguous, always mapped (the direct map).
 *
 * Rules: heap pages belong to DOMID_XEN in the frame table and never go to a guest. Free pages hold anything: pages
 * are cleared when they are taken.
 * Callers: domain builder (struct domain, shadow pool and state), boot.
 */
#ifndef XEN_MM_HEAP_H
#define XEN_MM_HEAP_H

#include <stdint.h>

#include "shadow/geometry.h"
#include "xen/mm/layout.h"

/* pages contiguous zeroed pages, page-aligned; NULL: no gap that large (nothing taken). pages: at least 1. */
void *heap_pages(uint32_t pages);
/* The same, but the pages hold anything: for who fills them anyway. Clearing costs an emulated instruction a word. */
void *heap_pages_uncleared(uint32_t pages);
/*
 * Give pages back that heap_pages or heap_pages_uncleared returned: all of them, or the last ones, the others staying
 * taken.
 */
void heap_free(void *pointer, uint32_t pages);
/* Pages still free, contiguous or not. */
uint32_t heap_available(void);
/* Pages in the largest gap. */
uint32_t heap_largest(void);

/*
 * Physical address of a pointer into the direct map (image, heap, pool, modules), or of one onto the processor's
 * stack.
 */
uint32_t physical_of(const void *pointer);
/* Pointer to a physical address below LAYOUT_DIRECT_MAP_BYTES. */
static inline void *pointer_of_physical(uint32_t physical) {
    return (void *)(LAYOUT_DIRECT_MAP + physical);
}

#endif
