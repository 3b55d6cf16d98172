/* mm_change.c - map, unmap and protect (see mm.h). */
#include <stddef.h>

#include "guests/mini/files.h"
#include "guests/mini/flush.h"
#include "guests/mini/frames.h"
#include "guests/mini/machine.h"
#include "guests/mini/mm.h"
#include "guests/mini/swap.h"

#define MAP_FLOOR 0x40000000u        /* where unplaced mappings begin */
#define GATHER 64                    /* frames unmapped per flush */

/* Frames that were taken out of entries and may be freed after the next flush. */
struct gather {
    struct mm *mm;
    uint32_t start;                  /* first address not flushed yet */
    uint32_t count;
    uint32_t pfns[GATHER];
};

static bool valid_range(uint32_t start, uint32_t bytes) {
    return start % PAGE_SIZE == 0 && bytes != 0 && start >= USER_START && start < USER_END && bytes <= USER_END - start;
}

/* Is all of start..end-1 covered by regions? */
static bool covered(struct mm *mm, uint32_t start, uint32_t end) {
    while (start < end) {
        const struct region *region = region_find(mm->regions, start);

        if (region == NULL)
            return false;
        start = region->end;
    }
    return true;
}

/* Map a region like proto, for which start, end and next are to be chosen. */
static int32_t map(struct mm *mm, uint32_t start, uint32_t bytes, const struct region *proto) {
    struct region region = *proto;

    if (region.protection > (PROTECTION_read | PROTECTION_write) || bytes == 0 || bytes > USER_END - MAP_FLOOR)
        return -ERROR_invalid;
    bytes = page_up(bytes);
    if (start == 0)
        start = region_find_gap(mm->regions, MAP_FLOOR, bytes);
    if (start == 0)
        return -ERROR_no_memory;
    if (!valid_range(start, bytes) || region_overlaps(mm->regions, start, start + bytes))
        return -ERROR_invalid;
    region.start = start;
    region.end = start + bytes;
    return region_insert(&mm->regions, &region) ? (int32_t)start : -ERROR_no_memory;
}

int32_t mm_map(struct mm *mm, uint32_t start, uint32_t bytes, uint32_t protection) {
    return map(mm, start, bytes, &(struct region){ .protection = protection });
}

int32_t mm_map_file(struct mm *mm, uint32_t start, uint32_t number, uint32_t protection) {
    const struct archive_file *file = file_numbered(number);

    if (file == NULL)
        return -ERROR_no_entry;
    return map(mm, start, file->bytes,
               &(struct region){ .protection = protection, .data = file->data, .data_bytes = file->bytes, .file = true });
}

static void gather_flush(struct gather *gather, uint32_t end) {
    if (gather->count == 0)
        return;
    flush_tlb_range(gather->mm, gather->start, end);
    for (uint32_t i = 0; i < gather->count; i++)
        frame_release_user(gather->pfns[i]);
    gather->count = 0;
}

static void unmap_entry(struct gather *gather, pte_t *entry, uint32_t linear) {
    pte_t old = *entry;

    if (old == 0)
        return;
    old = machine->mmu->take_entry(entry);
    if ((old & PTE_P) == 0) {
        swap_slot_release(old >> PAGE_SHIFT);
        return;
    }
    if (gather->count == 0)
        gather->start = linear;
    gather->pfns[gather->count++] = machine->entry_frame(old);
    if (gather->count == GATHER)
        gather_flush(gather, linear + PAGE_SIZE);
}

/* Free the L1 tables of start..end-1 that no region needs any more; their entries are all clear. */
static void free_tables(struct mm *mm, uint32_t start, uint32_t end) {
    for (uint32_t i = l2_index(start); i <= l2_index(end - 1); i++) {
        uint32_t base = i << L2_SHIFT;
        uint32_t table;

        if (!names_table(mm->pgd[i]) || region_overlaps(mm->regions, base, base + L2_SPAN))
            continue;
        table = machine->mmu->unlink_table(&mm->pgd[i]);
        flush_tlb_range(mm, base, base + L2_SPAN);
        machine->mmu->retire_table(table);
        frame_release_kernel(table);
    }
}

int32_t mm_unmap(struct mm *mm, uint32_t start, uint32_t bytes) {
    struct gather gather = { .mm = mm };
    uint32_t end;

    bytes = page_up(bytes);
    if (!valid_range(start, bytes))
        return -ERROR_invalid;
    end = start + bytes;
    if (!region_split(&mm->regions, start, end))
        return -ERROR_no_memory;
    region_remove(&mm->regions, start, end);
    machine->mmu->begin_batch();
    for (uint32_t linear = start; linear < end; linear += PAGE_SIZE) {
        pte_t *entry = mm_find_entry(mm, linear);

        if (entry != NULL)
            unmap_entry(&gather, entry, linear);
    }
    machine->mmu->end_batch();
    gather_flush(&gather, end);
    free_tables(mm, start, end);
    return 0;
}

/*
 * Take from the entries what the new protection does not allow. What it newly allows comes by fault, because a page may
 * be shared copy-on-write. True when an entry became weaker.
 */
static bool weaken(struct mm *mm, uint32_t start, uint32_t end, uint32_t protection) {
    pte_t bits = protection == PROTECTION_none ? PTE_W | PTE_U : PTE_W;
    bool weaker = false;

    if ((protection & PROTECTION_write) != 0)
        return false;
    machine->mmu->begin_batch();
    for (uint32_t linear = start; linear < end; linear += PAGE_SIZE) {
        pte_t *entry = mm_find_entry(mm, linear);

        if (entry != NULL && (*entry & PTE_P) != 0 && (*entry & bits) != 0) {
            machine->mmu->clear_bits(entry, bits);
            weaker = true;
        }
    }
    machine->mmu->end_batch();
    return weaker;
}

int32_t mm_protect(struct mm *mm, uint32_t start, uint32_t bytes, uint32_t protection) {
    uint32_t end;

    bytes = page_up(bytes);
    if (!valid_range(start, bytes) || protection > (PROTECTION_read | PROTECTION_write))
        return -ERROR_invalid;
    end = start + bytes;
    if (!covered(mm, start, end))
        return -ERROR_invalid;
    if (!region_split(&mm->regions, start, end))
        return -ERROR_no_memory;
    for (uint32_t linear = start; linear < end;) {
        struct region *region = region_find(mm->regions, linear);

        region->protection = protection;
        linear = region->end;
    }
    if (weaken(mm, start, end, protection))
        flush_tlb_range(mm, start, end);
    return 0;
}
