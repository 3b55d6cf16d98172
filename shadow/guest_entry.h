/*
 * guest_entry.h - access to guest memory that the guest may be writing at the same time.
 *
 * Rules: S11 - an entry is loaded once into a local, and what the engine itself changes in it goes by compare-and-swap.
 * (A guest's own store, emulated, is a store.) Shadow entries, whose accessed bits the processor sets, are treated in
 * the same way.
 * Callers: all that read or write entries.
 */
#ifndef SHADOW_GUEST_ENTRY_H
#define SHADOW_GUEST_ENTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "shadow/geometry.h"

/* Load one entry, once. */
static inline pte_t guest_entry_load(const pte_t *entry) {
    return *(const volatile pte_t *)entry;
}

/* Store one entry whole. */
static inline void guest_entry_store(pte_t *entry, pte_t value) {
    *(volatile pte_t *)entry = value;
}

/* Do both map the same frame, and both or neither for writing? */
static inline bool same_mapping(pte_t a, pte_t b) {
    return ((a ^ b) & (PTE_FRAME_MASK | PTE_P | PTE_W)) == 0;
}

/* Replace *entry by value if it still is expected. Returns whether it was. */
bool guest_entry_swap(pte_t *entry, pte_t expected, pte_t value);

/* Load size (1, 2, 4, 8) bytes from any address. */
uint64_t guest_load(const void *from, uint32_t size);
/* Store size (1, 2, 4, 8) bytes to any address, in one access where the processor can. */
void guest_store(void *to, uint64_t value, uint32_t size);
/* Compare-and-swap of size (1, 2, 4, 8) bytes at any address. Returns whether it took place. */
bool guest_swap(void *at, uint64_t expected, uint64_t value, uint32_t size);

#endif
