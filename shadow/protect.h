/*
 * protect.h - take away what maps a frame.
 *
 * Callers: make.c, sync.c and oos.c (a frame becomes a table that must not be written unseen, F2), unshadow.c (a frame
 * leaves, F3), dirty.c (a frame is clean from now on, W5).
 */
#ifndef SHADOW_PROTECT_H
#define SHADOW_PROTECT_H

#include "shadow/flush.h"
#include "shadow/types.h"

/* Make every shadow mapping of mfn read-only. What a TLB may hold of it is added to *forget: forget_now must follow. */
void take_write_right(struct shadow *shadow, mfn_t mfn, struct forget *forget);
/* Make every shadow mapping of mfn read-only and see to it that no TLB holds a writable one. */
void protect_frame(struct shadow *shadow, mfn_t mfn);
/* The same where everything will be forgotten before the guest runs. */
void protect_frame_before_flush(struct shadow *shadow, mfn_t mfn);
/*
 * Remove the superpages of the 4 MiB around machine frame number frame that have one of these rights (PTE_W: the
 * writable ones, PTE_P: all). What a TLB may hold of them is added to *forget.
 */
void remove_superpages(struct shadow *shadow, uint32_t frame, pte_t rights, struct forget *forget);
/* Remove every shadow mapping of mfn and see to it that no TLB holds one. */
void remove_mappings(struct shadow *shadow, mfn_t mfn);

#endif
