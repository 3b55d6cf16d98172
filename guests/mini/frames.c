/* frames.c - see frames.h. */
#include "guests/mini/frames.h"

#include "guests/lib/outcome.h"
#include "guests/lib/string.h"
#include "guests/mini/paging.h"
#include "guests/mini/swap.h"

/* Frames kept back from user pages, so that evicting one can still get a page table. */
#define RESERVE 16

struct frame *frames;

static uint32_t frame_count;
static uint32_t first_free;
static uint32_t free_count;
static uint32_t user_count;
static uint32_t user_limit;

void frames_start(struct frame *table, uint32_t count) {
    frames = table;
    frame_count = count;
}

void frames_add(uint32_t first, uint32_t end) {
    for (uint32_t pfn = end; pfn-- > first;) {      /* so that the lowest comes out first */
        frames[pfn].next_free = first_free;
        first_free = pfn;
        free_count++;
    }
}

static uint32_t take(void) {
    uint32_t pfn = first_free;

    if (pfn == 0)
        return 0;
    if (frames[pfn].references != 0)
        panic("free frame %x has %u references", pfn, frames[pfn].references);
    first_free = frames[pfn].next_free;
    free_count--;
    frames[pfn] = (struct frame){ .references = 1 };
    return pfn;
}

static void give_back(uint32_t pfn) {
    if (pfn == 0 || pfn >= frame_count || frames[pfn].references != 1)
        panic("frame %x released without being in use", pfn);
    frames[pfn].references = 0;
    frames_add(pfn, pfn + 1);
}

uint32_t frame_allocate_kernel(void) {
    uint32_t pfn = take();

    if (pfn != 0)
        memset(frame_pointer(pfn), 0, PAGE_SIZE);
    return pfn;
}

uint32_t frame_allocate_user(void) {
    uint32_t pfn;

    while (free_count <= RESERVE || (user_limit != 0 && user_count >= user_limit)) {
        if (!swap_evict_one())
            return 0;
    }
    pfn = take();
    user_count++;
    return pfn;
}

void frame_reference(uint32_t pfn) {
    if (frames[pfn].references == 0 || frames[pfn].references == UINT16_MAX)
        panic("frame %x cannot take a reference, it has %u", pfn, frames[pfn].references);
    frames[pfn].references++;
}

void frame_release_user(uint32_t pfn) {
    if (frames[pfn].references > 1) {
        frames[pfn].references--;
        return;
    }
    if (frames[pfn].swap_slot != 0)
        swap_slot_release(frames[pfn].swap_slot);
    give_back(pfn);
    user_count--;
}

void frame_release_kernel(uint32_t pfn) {
    give_back(pfn);
}

void frames_set_limit(uint32_t limit) {
    user_limit = limit;
}

uint32_t frames_user(void) {
    return user_count;
}

uint32_t frames_free(void) {
    return free_count;
}
