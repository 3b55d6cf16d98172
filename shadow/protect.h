/*
 * protect.h - take away what maps a frame.
 *
 * Callers: make.c, sync.c and oos.c (a frame becomes a table that must not be written unseen, F2), unshadow.c (a frame
 * leaves, F3).
 */
#ifndef SHADOW_PROTECT_H
#define SHADOW_PROTECT_H

#include "shadow/types.h"

/* Make every shadow mapping of mfn read-only and see to it that no TLB holds a writable one. */
void protect_frame(struct shadow *shadow, mfn_t mfn);
/* The same where everything will be forgotten before the guest runs. */
void protect_frame_before_flush(struct shadow *shadow, mfn_t mfn);
/* Remove every shadow mapping of mfn and see to it that no TLB holds one. */
void remove_mappings(struct shadow *shadow, mfn_t mfn);

#endif
