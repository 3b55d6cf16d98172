/* swap.c - see swap.h. */
#include "guests/mini/swap.h"

#include <stddef.h>

#include "guests/lib/outcome.h"
#include "guests/lib/string.h"
#include "guests/mini/counters.h"
#include "guests/mini/flush.h"
#include "guests/mini/frames.h"
#include "guests/mini/machine.h"
#include "guests/mini/mm.h"

/* --- slots --- */

static uint32_t area;                        /* pfn of slot 1 */
static uint32_t slots;                       /* highest slot */
static uint32_t next_slot;                   /* where the search for a free one begins */
static uint16_t references[SWAP_SLOTS + 1];

void swap_start(uint32_t first, uint32_t count) {
    area = first;
    slots = count < SWAP_SLOTS ? count : SWAP_SLOTS;
    next_slot = 1;
}

static void *slot_pointer(uint32_t slot) {
    return frame_pointer(area + slot - 1);
}

static uint32_t slot_allocate(void) {
    for (uint32_t tried = 0; tried < slots; tried++) {
        uint32_t slot = next_slot;

        next_slot = next_slot < slots ? next_slot + 1 : 1;
        if (references[slot] == 0) {
            references[slot] = 1;
            return slot;
        }
    }
    return 0;
}

void swap_read(uint32_t slot, void *page) {
    memcpy(page, slot_pointer(slot), PAGE_SIZE);
}

void swap_slot_reference(uint32_t slot) {
    if (slot == 0 || slot > slots || references[slot] == 0 || references[slot] == UINT16_MAX)
        panic("swap slot %u cannot take a reference", slot);
    references[slot]++;
}

void swap_slot_release(uint32_t slot) {
    if (slot == 0 || slot > slots || references[slot] == 0)
        panic("swap slot %u released without being in use", slot);
    references[slot]--;
}

uint32_t swap_slots_used(void) {
    uint32_t used = 0;

    for (uint32_t slot = 1; slot <= slots; slot++)
        used += references[slot] != 0;
    return used;
}

/* --- the clock --- */

static struct {
    struct mm *mm;
    uint32_t linear;
} hand;

void swap_forget_mm(const struct mm *mm) {
    if (hand.mm == mm) {
        hand.mm = mm->next;
        hand.linear = 0;
    }
}

/* A slot that holds the frame's contents. A clean page with a slot needs no copying. 0: the area is full. */
static uint32_t slot_for(uint32_t pfn, bool dirty) {
    struct frame *frame = &frames[pfn];
    uint32_t slot = frame->swap_slot;

    if (slot != 0 && !dirty) {
        counters.swapped_clean++;
        return slot;
    }
    if (slot != 0 && references[slot] > 1) {     /* another address space still wants the old contents */
        swap_slot_release(slot);
        frame->swap_slot = 0;
        slot = 0;
    }
    if (slot == 0)
        slot = slot_allocate();
    if (slot != 0) {
        memcpy(slot_pointer(slot), frame_pointer(pfn), PAGE_SIZE);
        frame->swap_slot = (uint16_t)slot;
        counters.swapped_out++;
    }
    return slot;
}

static bool evict(struct mm *mm, pte_t *entry, uint32_t linear) {
    pte_t old = machine->mmu->take_entry(entry);
    uint32_t pfn = machine->entry_frame(old);
    uint32_t slot = slot_for(pfn, (old & PTE_D) != 0);

    if (slot == 0) {
        machine->mmu->write_entry(entry, old);
        return false;
    }
    machine->mmu->write_entry(entry, slot << PAGE_SHIFT | PTE_SWAPPED);
    flush_tlb_page(mm, linear);
    if (frames[pfn].references > 1)
        swap_slot_reference(slot);               /* others still have the frame, and the frame its slot */
    else
        frames[pfn].swap_slot = 0;               /* the frame's reference is the entry's now */
    frame_release_user(pfn);
    return true;
}

/* Look at the page under the hand, which is present. True when it was evicted. */
static bool consider(struct mm *mm, pte_t *entry, uint32_t linear) {
    if ((*entry & PTE_A) != 0) {
        machine->mmu->clear_bits(entry, PTE_A);
        flush_tlb_page(mm, linear);
        counters.second_chances++;
        return false;
    }
    if (frames[machine->entry_frame(*entry)].cached)
        return false;                            /* the file keeps it, so no frame would become free */
    return evict(mm, entry, linear);
}

/* Move the hand to the end of the table that it is in, or until a page is evicted. */
static bool sweep_table(struct mm *mm, pte_t *table) {
    do {
        uint32_t linear = hand.linear;
        pte_t *entry = &table[l1_index(linear)];

        hand.linear += PAGE_SIZE;
        if ((*entry & PTE_P) != 0 && consider(mm, entry, linear))
            return true;
    } while (l1_index(hand.linear) != 0);
    return false;
}

/* Move the hand over the rest of its address space, or until a page is evicted. */
static bool sweep_mm(struct mm *mm) {
    while (hand.linear < USER_END) {
        pte_t *table = mm_find_entry(mm, hand.linear & ~(L2_SPAN - 1));

        if (table == NULL)
            hand.linear = (hand.linear & ~(L2_SPAN - 1)) + L2_SPAN;
        else if (sweep_table(mm, table))
            return true;
    }
    return false;
}

bool swap_evict_one(void) {
    uint32_t rounds = 0;

    while (rounds < 3) {                         /* the rest of one, one to clear the marks, one to find the page */
        if (hand.mm == NULL) {
            hand.mm = mm_first();
            hand.linear = 0;
            rounds++;
        }
        if (hand.mm == NULL)
            return false;
        if (sweep_mm(hand.mm))
            return true;
        hand.mm = hand.mm->next;
        hand.linear = 0;
    }
    return false;
}
