/*
 * swap.h - the swap area and the clock that chooses what goes there.
 *
 * The area is memory set aside at boot, one frame a slot; slot 0 does not exist. A slot has one reference for each
 * entry with PTE_SWAPPED that names it and one for a frame whose contents it holds (frame.swap_slot). Callers: frames,
 * mm.
 */
#ifndef MINI_SWAP_H
#define MINI_SWAP_H

#include <stdbool.h>
#include <stdint.h>

struct mm;

/* The area is count frames from pfn first on; count may be 0, then nothing can be evicted. At most SWAP_SLOTS. */
#define SWAP_SLOTS 16384u
void swap_start(uint32_t first, uint32_t count);

/*
 * Take one page away from an address space: the clock's hand goes round over all of them; a page that was accessed
 * since the last round loses its accessed mark and is passed over. A shared frame becomes free when it has been taken
 * away from everyone. False: nothing can be evicted.
 */
bool swap_evict_one(void);
/* mm goes away: the clock's hand leaves it. */
void swap_forget_mm(const struct mm *mm);

/* Copy a slot's contents into page. */
void swap_read(uint32_t slot, void *page);
void swap_slot_reference(uint32_t slot);
void swap_slot_release(uint32_t slot);
/* Slots with references. */
uint32_t swap_slots_used(void);

#endif
