/*
 * flush.h - what the TLB must forget: now, or when the guest flushes (rules F1-F9 of rules.h).
 *
 * Callers: whoever calls set_entry passes what was lost either to put_off or, through struct forget, to forget_now.
 */
#ifndef SHADOW_FLUSH_H
#define SHADOW_FLUSH_H

#include "shadow/types.h"

/* Translations that must be forgotten now: the last one and how many; 0 when none can be in a TLB. */
struct forget {
    uint32_t linear;
    uint32_t pages;
    bool only_global;     /* the others will be forgotten anyway: a load of CR3 follows */
};

/* F1, F5: what was lost (bits of enum lost) may be remembered until the guest's next flush. */
static inline void put_off(struct shadow *shadow, uint32_t lost) {
    if ((shadow->stale & ~LOST_GLOBALS) == 0 && lost != 0) {
        shadow->stale_since = shadow->full_flushes;
    }
    shadow->stale |= lost;
}

/*
 * F2, F3: the entry of page at index, a leaf or a superpage, lost something (bits of enum lost): add the linear
 * addresses under which a loaded root reaches it or, when it was global, any root (F9).
 */
void must_forget(struct shadow *shadow, const struct shadow_page *page, uint32_t index, uint32_t lost,
                 struct forget *forget);
/* Make the TLB forget what was collected; everything, if what was put off includes a bit of unknown, global or not. */
void forget_now(struct shadow *shadow, const struct forget *forget, uint32_t unknown, uint32_t cause);
/* Make the TLB forget everything, global translations too. */
void flush_everything(struct shadow *shadow, uint32_t cause);

/* Everything was forgotten, or is before the guest runs or the engine is called again. */
void everything_forgotten(struct shadow *shadow);
/* The same but for global translations: CR3 is loaded. */
void all_but_global_forgotten(struct shadow *shadow);

#endif
