/*
 * unshadow.h - the end of a shadow page.
 *
 * A leaf page lives while at least one root links to it; a root until it is reclaimed or its table goes.
 * Callers: pool.c (reclaim), sync.c, write.c, root.c, and the host's entry points in unshadow.c.
 */
#ifndef SHADOW_UNSHADOW_H
#define SHADOW_UNSHADOW_H

#include "shadow/types.h"

/* May this page be freed now (S10)? Not the current root, nor one that a CPU has loaded. */
bool may_free(struct shadow *shadow, const struct shadow_page *page);

/* Free the page: links to it go, its entries go, leaf pages that only it linked to go. What is lost is put off (F5). */
void unshadow_page(struct shadow *shadow, struct shadow_page *page, uint32_t reason);

/*
 * The guest writes mfn as if it were a table no longer: its shadows go. False, and nothing has changed: it is a root
 * that is in use.
 */
bool unshadow_recycled(struct shadow *shadow, mfn_t mfn);

/* Zero the guest's entries of a root, and free leaf pages that only it linked to. What is lost is put off. */
void empty_root(struct shadow *shadow, struct shadow_page *root, uint32_t reason);

/*
 * Zero one link of a root, and free the leaf page when it was the last link to it; or one superpage. What is lost is
 * put off.
 */
void clear_link(struct shadow *shadow, struct shadow_page *root, uint32_t index, uint32_t reason);

#endif
