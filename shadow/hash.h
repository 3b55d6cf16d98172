/*
 * hash.h - from (kind, frame) to the shadow page that stands for it.
 *
 * Chains run through pages[].hash_next; they are keyed by frame alone, so that "is this frame a table?" is one look-up.
 * Callers: all that look for or make shadow pages.
 */
#ifndef SHADOW_HASH_H
#define SHADOW_HASH_H

#include "shadow/types.h"

/* Spread frame numbers over 2^(32-shift) buckets (Fibonacci hashing). */
static inline uint32_t hash_bucket(uint32_t frame, uint32_t shift) {
    return (frame * 0x9e3779b1u) >> shift;
}

/* The page of this kind that stands for frame; attributes: 0 but for FL1. NULL: none. */
struct shadow_page *hash_find(const struct shadow *shadow, enum shadow_kind kind, uint32_t frame, uint32_t attributes);
/* May mfn have a shadow page? False: it has none. */
static inline bool may_be_shadowed(const struct shadow *shadow, mfn_t mfn) {
    return shadow->hash[hash_bucket(mfn.n, shadow->hash_shift)] != NONE;
}

/* Is mfn a guest table whose writes must trap (S4)? */
static inline bool is_in_sync_table(const struct shadow *shadow, mfn_t mfn) {
    uint32_t index = shadow->hash[hash_bucket(mfn.n, shadow->hash_shift)];

    while (__builtin_expect(index != NONE, 0)) {
        const struct shadow_page *page = &shadow->pages[index];

        if (page->frame == mfn.n && page->kind != KIND_FL1 && page->sync == SYNCED) {
            return true;
        }
        index = page->hash_next;
    }
    return false;
}

void hash_insert(struct shadow *shadow, struct shadow_page *page);
void hash_remove(struct shadow *shadow, struct shadow_page *page);

#endif
