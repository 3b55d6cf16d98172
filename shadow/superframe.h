/*
 * superframe.h - the 1024 machine frames behind a superpage: held together, and found from each of them.
 *
 * Rules P1-P6: superpage.h. Callers: set.c holds and releases; protect.c, audit_superpages.c.
 */
#ifndef SHADOW_SUPERFRAME_H
#define SHADOW_SUPERFRAME_H

#include "shadow/types.h"

/* Under this the reverse map knows the superpages that map frame (P4). No frame has such a number. */
static inline uint32_t superframe_key(uint32_t frame) {
    return 1u << 31 | frame / SUPERPAGE_FRAMES;
}

static inline struct superframe *superframe_of(const struct shadow *shadow, uint32_t frame) {
    return &shadow->superframes[frame / SUPERPAGE_FRAMES];
}

/* Is there a superpage that maps frame, writable or not? frame: of the machine. */
static inline bool has_superpages(const struct shadow *shadow, uint32_t frame, bool writable) {
    return superframe_of(shadow, frame)->superpages[writable] != 0;
}

/*
 * Superpage entry is about to come: the first of its kind takes the references to all frames (P3). False, and nothing
 * has changed: one of them is not the domain's own memory, or may not be had that way, or entry is writable and one is
 * a guest table in sync (P1, P2).
 */
bool superframe_hold(struct shadow *shadow, pte_t entry);
/* It is gone. */
void superframe_release(struct shadow *shadow, pte_t entry);

#endif
