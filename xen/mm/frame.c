/*
 * frame.c - see frame.h.
 *
 * The allocator is an array of the free frames' numbers. Scattering takes one of them by a pseudo-random number and
 * moves the last into its place.
 */
#include "xen/mm/frame.h"

#include <xen/xen.h>

#include "xen/lib/panic.h"
#include "xen/lib/string.h"
#include "xen/mm/frame_setup.h"
#include "xen/mm/map_cache.h"
#include "xen/mm/tlb.h"

_Static_assert(sizeof(struct frame) == 16, "the frame table's range and cost count on 16 bytes a frame");

#define CLEARED_AT_A_TIME 32u

uint32_t frame_limit;

/* Belongs to the one processor there is. */
static uint32_t *free_frames, free_count;
static uint32_t random_state;   /* 0: do not scatter */

void frame_setup(uint32_t limit, uint32_t hypervisor_end, uint32_t *free_list) {
    frame_limit = limit;
    free_frames = free_list;
    free_count = random_state = 0;
    for (uint32_t n = 0; n < limit; n++) {
        frame_table[n].owner = n < hypervisor_end ? DOMID_XEN : DOMID_IO;
    }
}

void frame_add(uint32_t first, uint32_t end) {
    /* the allocator takes from the end of the array: descending, so that frames come ascending */
    memmove(free_frames + (end - first), free_frames, free_count * sizeof(*free_frames));
    for (uint32_t n = first; n < end; n++) {
        frame_table[n].owner = DOMID_INVALID;
        free_frames[end - 1 - n] = n;
    }
    free_count += end - first;
}

void frame_scatter(uint32_t seed) {
    random_state = seed * 2654435761u | 1;   /* xorshift must not start at 0 */
}

/* Marsaglia's xorshift with the triple 13, 17, 5. */
static uint32_t next_random(void) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state;
}

static void clear(mfn_t mfn) {
    void *page = map_frame(mfn);
    memset(page, 0, PAGE_SIZE);
    unmap_frame(page);
}

/* A free frame that is in the array no longer becomes domid's. */
static void give(uint32_t domid, mfn_t mfn) {
    struct frame *frame = frame_of(mfn);
    if (frame->flags & FRAME_USED) {
        clear(mfn);
    }
    frame->owner = domid;
    frame->flags = FRAME_ALLOCATED;
    frame->count = 1;
}

/* The free frame at place chosen of the array becomes domid's. */
static void take(uint32_t domid, uint32_t chosen, mfn_t *mfn) {
    mfn->n = free_frames[chosen];
    free_frames[chosen] = free_frames[--free_count];
    give(domid, *mfn);
}

bool frame_allocate(uint32_t domid, mfn_t *mfn) {
    if (!free_count) {
        return false;
    }
    uint32_t chosen = free_count - 1;
    if (random_state) {
        chosen = ((uint64_t)next_random() * free_count) >> 32;
    }
    take(domid, chosen, mfn);
    return true;
}

bool frame_allocate_below(uint32_t domid, uint32_t limit, mfn_t *mfn) {
    if (limit >= frame_limit) {
        return frame_allocate(domid, mfn);
    }
    for (uint32_t at = free_count; at-- > 0;) {
        if (free_frames[at] < limit) {
            take(domid, at, mfn);
            return true;
        }
    }
    return false;
}

/* The first run of free frames; frame_limit: there is none. */
static uint32_t find_run(uint32_t count, uint32_t limit) {
    for (uint32_t first = 0; first + count <= limit; first += count) {
        uint32_t n = first;
        while (n < first + count && frame_table[n].owner == DOMID_INVALID) {
            n++;
        }
        if (n == first + count) {
            return first;
        }
    }
    return frame_limit;
}

/* Is nothing left in the frames? Clears so many of them that this takes no longer than other things. */
static bool clear_some(uint32_t first, uint32_t count) {
    uint32_t cleared = 0;
    for (uint32_t n = first; n < first + count; n++) {
        if (!(frame_table[n].flags & FRAME_USED)) {
            continue;
        }
        if (cleared++ == CLEARED_AT_A_TIME) {
            return false;
        }
        clear((mfn_t){ n });
        frame_table[n].flags &= ~FRAME_USED;
    }
    return true;
}

enum frames_answer frame_allocate_run(uint32_t domid, uint32_t count, uint32_t limit, mfn_t *first) {
    uint32_t run = find_run(count, limit < frame_limit ? limit : frame_limit), kept = 0;

    if (run == frame_limit) {
        return FRAMES_NONE;
    }
    if (!clear_some(run, count)) {
        return FRAMES_CLEARING;
    }
    for (uint32_t at = 0; at < free_count; at++) {
        if (free_frames[at] - run >= count) {
            free_frames[kept++] = free_frames[at];
        }
    }
    free_count = kept;
    for (uint32_t n = run; n < run + count; n++) {
        give(domid, (mfn_t){ n });
    }
    first->n = run;
    return FRAMES_TAKEN;
}

void frame_release(mfn_t mfn) {
    struct frame *frame = frame_of(mfn);
    ASSERT(!frame->type_count && !(frame->flags & FRAME_ALLOCATED));
    *frame = (struct frame){ .owner = DOMID_INVALID, .flags = FRAME_USED };
    free_frames[free_count++] = mfn.n;
}

void frame_free(mfn_t mfn) {
    struct frame *frame = frame_of(mfn);
    ASSERT(frame->flags & FRAME_ALLOCATED);
    frame->flags &= ~FRAME_ALLOCATED;
    frame_put(mfn);
}

uint32_t frame_available(void) {
    return free_count;
}

bool frame_get_type(mfn_t mfn, enum frame_type type) {
    struct frame *frame = frame_of(mfn);
    ASSERT(type != FRAME_NONE && frame->count);
    if (frame->type_count == UINT32_MAX || (frame->type_count && frame->type != type)) {
        return false;
    }
    frame->type = type;
    frame->type_count++;
    return true;
}

void frame_put_type(mfn_t mfn) {
    struct frame *frame = frame_of(mfn);
    ASSERT(frame->type_count);
    if (!--frame->type_count) {
        bool was_writable = frame->type == FRAME_WRITABLE;
        frame->type = FRAME_NONE;
        frame->flags &= ~FRAME_VALIDATED;
        frame->writable_until = was_writable ? tlb_generation : 0;
    }
}

void frame_put_with_type(mfn_t mfn) {
    frame_put_type(mfn);
    frame_put(mfn);
}
