/*
 * frame.h - the frame table: who owns each machine frame, how often it is referenced, and as what it may be used.
 *
 * Rules:
 *  F1. A frame returns to the allocator when its general count reaches zero, never before. The allocation itself is
 *      one reference.
 *  F2. A type reference is held only together with a general reference. The type changes only while its count is zero.
 *  F3. A count that would overflow refuses the reference; nothing is taken.
 *  F4. A frame that has been anybody's is cleared before it is anybody else's. Frames that have been nobody's since
 *      power-on hold what firmware and boot loader left there: clearing all of memory would be most of the boot.
 *  F5. The details beside the type belong to the type: `link` to a page table, `directory` to a page directory,
 *      `leaving` to either while it is given up, `writable_until` to a frame that has no type.
 * Locking: the frame table belongs to the one processor there is; no lock yet covers it.
 * Callers: xen/domain, xen/hypercall, xen/glue, xen/direct.
 */
#ifndef XEN_MM_FRAME_H
#define XEN_MM_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include "shadow/port.h"
#include "xen/lib/panic.h"
#include "xen/mm/layout.h"

/* As what a frame may be used while its type count is not zero. Types exclude each other, as Xen's do. */
enum frame_type {
    FRAME_NONE = 0,
    FRAME_L1,
    FRAME_L2,
    FRAME_WRITABLE,
    FRAME_LDT,           /* from here on: descriptors */
    FRAME_GDT,
    FRAME_TYPES,
};

/* struct frame.flags */
#define FRAME_ALLOCATED 1   /* the allocation's reference is still held */
#define FRAME_PINNED 2      /* the guest pinned it; its owner sets and clears this */
#define FRAME_VALIDATED 4   /* its contents have been checked for the type it has */
#define FRAME_USED 8        /* free, and holds what somebody left in it */
#define FRAME_PIN_L2 16     /* with FRAME_PINNED: as a page directory */
#define FRAME_PARTIAL 32    /* a page directory of which not all entries have been checked yet (xen/direct/table.h) */
#define FRAME_LEAVING 64    /* a table whose last user is gone, and whose entries are being given up */
#define FRAME_TABLE 128     /* has been a page table by the guest's word (xen/glue/known_tables.h) */

struct frame {
    uint16_t owner;        /* domid; DOMID_XEN: the hypervisor's; DOMID_IO: not memory; DOMID_INVALID: free */
    uint8_t type;          /* enum frame_type */
    uint8_t flags;
    uint32_t count;        /* general references */
    uint32_t type_count;
    union {                /* rule F5 */
        uint32_t link;     /* FRAME_L1: the directory entry that uses it (xen/direct/table.h) */
        struct {
            int32_t linear : 21;    /* other directories that map it as a table; negative: how many it maps so itself */
            uint32_t checked : 11;  /* FRAME_PARTIAL: entries that have been checked */
        } directory;       /* FRAME_L2 */
        struct {
            uint32_t next : 21;     /* mfn of the next table on the list of those that leave */
            uint32_t entries : 11;  /* entries below this one still hold their references */
        } leaving;         /* FRAME_LEAVING */
        uint32_t writable_until;    /* FRAME_NONE: tlb_generation when the last writable mapping was given up */
    };
};

#define frame_table ((struct frame *)LAYOUT_FRAME_TABLE)

/* One past the highest machine frame number. Set at boot, then constant. */
extern uint32_t frame_limit;

/* Is mfn inside the frame table? Every number that comes from a guest is asked this first. */
static inline bool frame_exists(mfn_t mfn) {
    return mfn.n < frame_limit;
}

/* The frame's entry. mfn must exist. */
static inline struct frame *frame_of(mfn_t mfn) {
    return &frame_table[mfn.n];
}

/* Is mfn a frame that domid owns? False also when it does not exist. */
static inline bool frame_owned_by(uint32_t domid, mfn_t mfn) {
    return frame_exists(mfn) && frame_of(mfn)->owner == domid;
}

/* Is it domid's, and its count neither zero nor at the limit? */
static inline bool frame_may_get(uint32_t domid, mfn_t mfn) {
    return frame_exists(mfn) && frame_of(mfn)->owner == domid && frame_of(mfn)->count - 1 < UINT32_MAX - 1;
}

/* Take a general reference. False, nothing taken: no such frame, not domid's, free, or its count is at the limit. */
static inline __attribute__((always_inline)) bool frame_get(uint32_t domid, mfn_t mfn) {
    if (!frame_may_get(domid, mfn)) {
        return false;
    }
    frame_of(mfn)->count++;
    return true;
}

/* What is left to do when the last reference is gone; not for others. */
__attribute__((cold)) void frame_release(mfn_t mfn);
/* Put a general reference; the last one returns the frame to the allocator. */
static inline void frame_put(mfn_t mfn) {
    ASSERT(frame_of(mfn)->count != 0);
    if (__builtin_expect(--frame_of(mfn)->count == 0, 0)) {
        frame_release(mfn);
    }
}

/*
 * Take a type reference; a general reference must be held. False, nothing taken: another type is in use or the count
 * is at the limit.
 */
bool frame_get_type(mfn_t mfn, enum frame_type type);
/* Put a type reference. The last one sets the type to FRAME_NONE, clears FRAME_VALIDATED and the type's details. */
void frame_put_type(mfn_t mfn);

/* frame_get and frame_get_type in one step: both are taken or none. */
static inline __attribute__((always_inline)) bool frame_get_with_type(uint32_t domid, mfn_t mfn, enum frame_type type) {
    if (!frame_may_get(domid, mfn)) {
        return false;
    }
    struct frame *frame = frame_of(mfn);
    /* the type's count needs no limit of its own here: by rule F2 it never exceeds the other */
    if (frame->type_count && frame->type != type) {
        return false;
    }
    frame->type = type;
    frame->type_count++;
    frame->count++;
    return true;
}
void frame_put_with_type(mfn_t mfn);

/*
 * Allocate a frame for domid with one reference (the allocation's). With boot option scatter=SEED the frames of a
 * domain are a pseudo-random choice, the same in each run; otherwise ascending. Its contents: rule F4. False: none
 * left; *mfn unchanged.
 */
bool frame_allocate(uint32_t domid, mfn_t *mfn);
/*
 * The same for a frame whose number is below limit, in time that grows with the number of free frames. False: no such
 * frame is left; *mfn unchanged.
 */
bool frame_allocate_below(uint32_t domid, uint32_t limit, mfn_t *mfn);
/*
 * The same for count frames, a power of two, that lie one behind the other from a multiple of count on, all below limit:
 * *first and its followers. In time that grows with the machine.
 */
enum frames_answer {
    FRAMES_NONE,         /* there are no such frames; *first unchanged */
    FRAMES_CLEARING,     /* there are, but somebody left much in them (F4): some of them were cleared, ask again */
    FRAMES_TAKEN,
};
enum frames_answer frame_allocate_run(uint32_t domid, uint32_t count, uint32_t limit, mfn_t *first);
/* Drop the allocation's reference (once). The frame is free when the last reference is put. */
void frame_free(mfn_t mfn);
/* Frames the allocator still has. */
uint32_t frame_available(void);

#endif
