/*
 * heap_setup.h - how the heap gets its memory. Callers: boot; modules_release.
 */
#ifndef XEN_MM_HEAP_SETUP_H
#define XEN_MM_HEAP_SETUP_H

#include <stdint.h>

/* pages pages at pointer (direct map) belong to the heap from now on. */
void heap_add(void *pointer, uint32_t pages);

#endif
