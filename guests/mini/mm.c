/*
 * mm.c - address spaces: making, copying and freeing them (see mm.h). Changes to the mappings: mm_change.c; faults:
 * mm_fault.c.
 */
#include "guests/mini/mm.h"

#include <stddef.h>

#include "guests/lib/outcome.h"
#include "guests/mini/flush.h"
#include "guests/mini/frames.h"
#include "guests/mini/kernel_map.h"
#include "guests/mini/machine.h"
#include "guests/mini/process.h"
#include "guests/mini/swap.h"

static struct mm pool[PROCESSES + 1];      /* exec has two of its process for a moment */
static struct mm *all;
static struct mm *active;

struct mm *mm_active(void) {
    return active;
}

struct mm *mm_first(void) {
    return all;
}

void mm_note_active(struct mm *mm) {
    active = mm;
}

void mm_activate(struct mm *mm) {
    if (mm == active)
        return;
    machine->load_base(mm != NULL ? mm->directory : kernel_directory);
    active = mm;
}

struct mm *mm_create(void) {
    struct mm *mm = NULL;
    uint32_t directory;

    for (uint32_t i = 0; i < sizeof(pool) / sizeof(pool[0]) && mm == NULL; i++) {
        if (pool[i].directory == 0)
            mm = &pool[i];
    }
    if (mm == NULL)
        return NULL;
    directory = frame_allocate_kernel();
    if (directory == 0)
        return NULL;
    *mm = (struct mm){ .next = all, .directory = directory, .pgd = frame_pointer(directory) };
    kernel_map_fill(mm->pgd);
    machine->mmu->adopt_directory(directory);
    all = mm;
    return mm;
}

static void unlink_mm(struct mm *mm) {
    struct mm **link = &all;

    while (*link != mm)
        link = &(*link)->next;
    *link = mm->next;
}

/* Give up what a table's entries hold. The table is used no more, so the entries need not be cleared. */
static void release_entries(const pte_t *table) {
    for (uint32_t i = 0; i < TABLE_ENTRIES; i++) {
        if ((table[i] & PTE_P) != 0)
            frame_release_user(machine->entry_frame(table[i]));
        else if ((table[i] & PTE_SWAPPED) != 0)
            swap_slot_release(table[i] >> PAGE_SHIFT);
    }
}

void mm_destroy(struct mm *mm) {
    if (mm == active)
        panic("an address space is destroyed while it is loaded");
    unlink_mm(mm);
    swap_forget_mm(mm);
    machine->mmu->retire_directory(mm->directory);
    for (uint32_t i = 0; i < KERNEL_L2_FIRST; i++) {
        uint32_t table;

        if (!names_table(mm->pgd[i]))
            continue;
        table = machine->entry_frame(mm->pgd[i]);
        release_entries(frame_pointer(table));
        machine->mmu->retire_table(table);
        frame_release_kernel(table);
    }
    region_free_all(&mm->regions);
    frame_release_kernel(mm->directory);
    mm->directory = 0;
}

pte_t *mm_find_entry(const struct mm *mm, uint32_t linear) {
    pte_t l2 = mm->pgd[l2_index(linear)];
    pte_t *table;

    if (!names_table(l2))
        return NULL;
    table = frame_pointer(machine->entry_frame(l2));
    return &table[l1_index(linear)];
}

pte_t *mm_make_entry(struct mm *mm, uint32_t linear) {
    if (!names_table(mm->pgd[l2_index(linear)])) {
        uint32_t table = frame_allocate_kernel();

        if (table == 0)
            return NULL;
        machine->mmu->link_table(&mm->pgd[l2_index(linear)], table);
    }
    return mm_find_entry(mm, linear);
}

/*
 * Share one table's pages with the child. The dirty bit goes along: until the page is written to swap it is the only
 * copy, whoever of the two is left with it.
 */
static bool fork_table(struct mm *child, pte_t *table, uint32_t linear) {
    for (uint32_t i = 0; i < TABLE_ENTRIES; i++) {
        pte_t *copy;
        pte_t entry = table[i];

        if (entry == 0)
            continue;
        copy = mm_make_entry(child, linear + i * PAGE_SIZE);
        if (copy == NULL)
            return false;
        if ((entry & PTE_P) != 0) {
            if ((entry & PTE_W) != 0)
                entry = machine->mmu->clear_bits(&table[i], PTE_W);
            frame_reference(machine->entry_frame(entry));
            machine->mmu->write_entry(copy, entry & ~PTE_W);
        } else {
            swap_slot_reference(entry >> PAGE_SHIFT);
            machine->mmu->write_entry(copy, entry);
        }
    }
    return true;
}

struct mm *mm_fork(struct mm *mm) {
    struct mm *child = mm_create();
    bool copied;

    if (child == NULL)
        return NULL;
    child->regions = region_copy(mm->regions, &copied);
    machine->mmu->begin_batch();
    for (uint32_t i = 0; i < KERNEL_L2_FIRST && copied; i++) {
        if (names_table(mm->pgd[i]))
            copied = fork_table(child, frame_pointer(machine->entry_frame(mm->pgd[i])), i << L2_SHIFT);
    }
    machine->mmu->end_batch();
    flush_tlb_mm(mm);
    if (!copied) {
        mm_destroy(child);
        return NULL;
    }
    return child;
}
