/*
 * make.h - the beginning of a shadow page.
 * Callers: fill.c, root.c, after pool_reserve.
 */
#ifndef SHADOW_MAKE_H
#define SHADOW_MAKE_H

#include "shadow/types.h"

/*
 * An empty shadow page for frame (attributes: of a 4 MiB page's pieces, else 0), found by hash_find from now on. The
 * frame of a guest table is write-protected, so what was read from it before may be out of date.
 */
struct shadow_page *make_page(struct shadow *shadow, enum shadow_kind kind, uint32_t frame, uint32_t attributes);

#endif
