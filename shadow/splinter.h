/*
 * splinter.h - 4 MiB guest pages in 4 KiB pieces.
 *
 * A large guest entry is shadowed by a link to an FL1 page that stands for the frames themselves, not for the entry:
 * every large entry of the same frames and cache attributes shares it. Rights and dirtiness are in the link
 * (propagate.h).
 * Callers: fill.c, write.c, audit.c.
 */
#ifndef SHADOW_SPLINTER_H
#define SHADOW_SPLINTER_H

#include "shadow/propagate.h"
#include "shadow/types.h"

static inline uint32_t splinter_attributes(pte_t l2e) {
    return l2e & PTE_CACHE;
}

/* Does page hold the pieces of large entry l2e? */
static inline bool holds_pieces_of(const struct shadow_page *page, pte_t l2e) {
    return page->kind == KIND_FL1 && page->frame == large_frame(l2e).n && page->attributes == splinter_attributes(l2e);
}

#endif
