/* flush.c - see flush.h. */
#include "guests/mini/flush.h"

#include "guests/mini/machine.h"
#include "guests/mini/mm.h"

void flush_tlb_all(void) {
    machine->flush(FLUSH_TLB_ALL, 0, 0);
}

void flush_tlb_mm(const struct mm *mm) {
    if (mm == mm_active())
        machine->flush(FLUSH_TLB_MM, 0, 0);
}

void flush_tlb_range(const struct mm *mm, uint32_t start, uint32_t end) {
    if (mm == mm_active())
        machine->flush(FLUSH_TLB_RANGE, start, (end - start) / PAGE_SIZE);
}

void flush_tlb_page(const struct mm *mm, uint32_t linear) {
    if (mm == mm_active())
        machine->flush(FLUSH_TLB_PAGE, page_down(linear), 1);
}
