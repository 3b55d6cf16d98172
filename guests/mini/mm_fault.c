/*
 * mm_fault.c - what a page fault needs: zeros, program data, a file's page, a page from swap, or a copy of a shared one (see
 * mm.h).
 */
#include <stddef.h>

#include "guests/lib/string.h"
#include "guests/mini/counters.h"
#include "guests/mini/files.h"
#include "guests/mini/flush.h"
#include "guests/mini/frames.h"
#include "guests/mini/machine.h"
#include "guests/mini/mm.h"
#include "guests/mini/swap.h"

/* How far below its stack a program may reach at once, and how large the stack may become. */
#define STACK_REACH (32 * PAGE_SIZE)
#define STACK_LIMIT (1024 * PAGE_SIZE)

/* The stack grows when it is touched a little below its start. */
static struct region *grow_stack(struct mm *mm, uint32_t linear) {
    for (struct region *region = mm->regions; region != NULL; region = region->next) {
        uint32_t start = page_down(linear);

        if (!region->grows_down || linear >= region->start)
            continue;
        if (region->start - start > STACK_REACH || region->end - start > STACK_LIMIT)
            return NULL;
        if (region_overlaps(mm->regions, start, region->start))
            return NULL;
        region->start = start;
        return region;
    }
    return NULL;
}

static bool allowed(const struct region *region, uint32_t error_code) {
    if ((error_code & FAULT_WRITE) != 0)
        return (region->protection & PROTECTION_write) != 0;
    return region->protection != PROTECTION_none;
}

/* The entry for a frame that only this mm uses. */
static pte_t private_entry(const struct region *region, uint32_t pfn, uint32_t error_code) {
    pte_t flags = PTE_USER;

    if ((region->protection & PROTECTION_write) != 0)
        flags |= PTE_W;
    if ((error_code & FAULT_WRITE) != 0)
        flags |= PTE_D;
    return machine->make_entry(pfn, flags);
}

/* How many bytes of the page come from the region's data. */
static uint32_t data_bytes(const struct region *region, uint32_t offset) {
    if (region->data_bytes <= offset)
        return 0;
    return region->data_bytes - offset < PAGE_SIZE ? region->data_bytes - offset : PAGE_SIZE;
}

static void fill(const struct region *region, uint32_t linear, uint8_t *page) {
    uint32_t offset = page_down(linear) - region->start;
    uint32_t bytes = data_bytes(region, offset);

    if (bytes != 0) {
        memcpy(page, region->data + offset, bytes);
        counters.file_fills++;
    } else {
        counters.zero_fills++;
    }
    memset(page + bytes, 0, PAGE_SIZE - bytes);
}

/* First reading of a file's page: it is the file's own. */
static int32_t share_page(const struct region *region, pte_t *entry, uint32_t linear) {
    uint32_t offset = page_down(linear) - region->start;
    uint32_t pfn = file_frame(region->data + offset, data_bytes(region, offset));

    if (pfn == 0)
        return -ERROR_no_memory;
    frame_reference(pfn);
    machine->mmu->write_loaded(page_down(linear), entry, machine->make_entry(pfn, PTE_USER));
    counters.file_maps++;
    return 0;
}

/* First touch. Its contents exist nowhere else, so the page counts as dirty even when it is only read. */
static int32_t fill_page(const struct region *region, pte_t *entry, uint32_t linear, uint32_t error_code) {
    uint32_t pfn = frame_allocate_user();

    if (pfn == 0)
        return -ERROR_no_memory;
    fill(region, linear, frame_pointer(pfn));
    machine->mmu->write_loaded(page_down(linear), entry, private_entry(region, pfn, error_code | FAULT_WRITE));
    return 0;
}

/*
 * From swap. The slot keeps its contents, so that the page can be dropped later if it stays clean; other address spaces
 * that refer to the slot read it for themselves.
 */
static int32_t swap_in(const struct region *region, pte_t *entry, uint32_t linear, uint32_t error_code) {
    uint32_t slot = *entry >> PAGE_SHIFT;
    uint32_t pfn = frame_allocate_user();

    if (pfn == 0)
        return -ERROR_no_memory;
    swap_read(slot, frame_pointer(pfn));
    frames[pfn].swap_slot = (uint16_t)slot;      /* the entry's reference is the frame's now */
    machine->mmu->write_loaded(page_down(linear), entry, private_entry(region, pfn, error_code));
    counters.swapped_in++;
    return 0;
}

/* Write to a page without write permission in a region that has it: shared, or no longer so. */
static int32_t break_sharing(struct mm *mm, const struct region *region, pte_t *entry, uint32_t linear) {
    uint32_t old = machine->entry_frame(*entry);
    uint32_t copy;

    if (frames[old].references == 1) {
        machine->mmu->write_loaded(page_down(linear), entry, private_entry(region, old, FAULT_WRITE));
        flush_tlb_page(mm, linear);
        counters.reuses++;
        return 0;
    }
    frame_reference(old);                        /* it must survive what the allocation evicts */
    copy = frame_allocate_user();
    if (copy == 0 || (*entry & PTE_P) == 0) {    /* evicted itself: the next fault brings it back, as its own */
        frame_release_user(old);
        if (copy != 0)
            frame_release_user(copy);
        return copy != 0 ? 0 : -ERROR_no_memory;
    }
    memcpy(frame_pointer(copy), frame_pointer(old), PAGE_SIZE);
    machine->mmu->write_loaded(page_down(linear), entry, private_entry(region, copy, FAULT_WRITE));
    flush_tlb_page(mm, linear);
    frame_release_user(old);                     /* ours for the copying, and the entry's */
    frame_release_user(old);
    counters.copies++;
    return 0;
}

/* A present entry that forbids what its region allows. */
static int32_t strengthen(struct mm *mm, const struct region *region, pte_t *entry, uint32_t linear,
                          uint32_t error_code) {
    if ((error_code & FAULT_WRITE) != 0 && (*entry & PTE_W) == 0)
        return break_sharing(mm, region, entry, linear);
    if ((*entry & PTE_U) == 0) {                 /* was PROTECTION_none */
        machine->mmu->write_loaded(page_down(linear), entry, *entry | PTE_U);
        flush_tlb_page(mm, linear);
    }
    return 0;                                    /* otherwise it has been repaired meanwhile */
}

int32_t mm_fault(struct mm *mm, uint32_t linear, uint32_t error_code) {
    struct region *region = region_find(mm->regions, linear);
    pte_t *entry;

    counters.page_faults++;
    if (linear < USER_START || linear >= USER_END)
        return -ERROR_fault;
    if (region == NULL)
        region = grow_stack(mm, linear);
    if (region == NULL || !allowed(region, error_code))
        return -ERROR_fault;
    entry = mm_make_entry(mm, linear);
    if (entry == NULL)
        return -ERROR_no_memory;
    if ((*entry & PTE_P) != 0)
        return strengthen(mm, region, entry, linear, error_code);
    if ((*entry & PTE_SWAPPED) != 0)
        return swap_in(region, entry, linear, error_code);
    if (region->file && (error_code & FAULT_WRITE) == 0)
        return share_page(region, entry, linear);
    return fill_page(region, entry, linear, error_code);
}
