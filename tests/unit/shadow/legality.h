/*
 * legality.h - which accesses may succeed? A model of what real hardware may remember, kept beside the engine.
 *
 * For each page of a small set of linear addresses it holds every right that the guest's tables have granted since
 * the guest last flushed it, counting that a processor may combine an L2 entry it remembers with the L1 entry of now.
 * A right of a global entry, while the guest's CR4.PGE is on, outlives the load of another base pointer.
 * An access that succeeds with a frame or right that is not in this set is a violation of S3 or S8.
 * Source: Intel SDM volume 3, 4.10.4.
 */
#ifndef UNIT_LEGALITY_H
#define UNIT_LEGALITY_H

#include <stdbool.h>
#include <stdint.h>

#define LEGAL_SLOT_FIRST 0x10u
#define LEGAL_SLOTS 12u
#define LEGAL_INDEXES 9u

/*
 * The L1 indexes of the set: some plain ones, and those under which an L2 table that maps itself shows its own slots.
 */
extern const uint32_t legal_indexes[LEGAL_INDEXES];

/* The guest's base pointer is base, and everything but global translations was flushed. */
void legality_load(uint32_t base);
/* The guest's CR4.PGE is this now; what changes it flushes everything. */
void legality_global(bool on);
/* Guest tables may have changed. */
void legality_moment(void);
/* The guest flushed one page, or everything. */
void legality_flush_page(uint32_t linear);
void legality_flush_all(void);
/* What was translated to this machine frame is forgotten: the number that meant it means another one. */
void legality_forget_frame(uint32_t frame);
/* May an access to linear (of the set) succeed with this machine frame? */
bool legality_allows(uint32_t linear, uint32_t frame, bool write, bool user);

#endif
