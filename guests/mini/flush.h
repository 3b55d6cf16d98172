/*
 * flush.h - the four TLB flushes, as Linux has them.
 *
 * Rules: an entry that becomes weaker (not present, not writable, another frame) is flushed before the frame behind it
 * is reused; an entry that was not present needs none. An address space that is not loaded has nothing to forget:
 * loading it forgets. Callers: mm, swap, kernel_map.
 */
#ifndef MINI_FLUSH_H
#define MINI_FLUSH_H

#include <stdint.h>

struct mm;

/* Everything, in every address space: kernel mappings changed. */
void flush_tlb_all(void);
/* All of mm's user pages. */
void flush_tlb_mm(const struct mm *mm);
/* Pages start..end-1 (page-aligned) of mm. */
void flush_tlb_range(const struct mm *mm, uint32_t start, uint32_t end);
/* The page with linear in it. */
void flush_tlb_page(const struct mm *mm, uint32_t linear);

#endif
