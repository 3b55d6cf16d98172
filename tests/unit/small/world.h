/*
 * world.h - a machine of a few frames in which every possibility can be tried.
 *
 * Tables have four entries, the guest has six frames and three slots of linear addresses of its own, the engine a pool
 * of four frames and eight reverse-map nodes. All of what the machine remembers is in struct world and in the engine's
 * own memory, so it can be kept, brought back, and told apart. The processor is as hostile as the manual allows: what
 * it may remember it remembers, until it is told to forget.
 * Callers: everything in this directory.
 */
#ifndef SMALL_WORLD_H
#define SMALL_WORLD_H

#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>

#include "shadow/types.h"

#define FRAMES 6u             /* 0 and 1: L2 tables at first, 2 and 3: L1 tables, 4 and 5: data */
#define SLOTS HYPERVISOR_L2_FIRST
#define PAGES (SLOTS * TABLE_ENTRIES)
#define POOL_FIRST 16u
#define POOL_FRAMES 4u
#define MARK_WORDS 1u
#define SLOT_MARK (0x00777000u | PTE_P | PTE_W)

/* A set of rights: bit frame | W << 3 | U << 4 | large << 5. */
typedef uint64_t rights_t;

struct world {
    pte_t guest[FRAMES][TABLE_ENTRIES];
    bool owned[FRAMES];
    uint32_t loaded;              /* the processor's CR3, a pool frame; 0: none of this domain's */
    uint32_t vcpu;                /* the domain's vcpu that ran last, 0 or 1, */
    uint32_t base[2];             /* and the base pointer of each */
    uint32_t references[FRAMES][2];
    uint32_t mapped;
    rights_t tlb[PAGES];          /* what the processor may hold for each page */
    uint64_t links[SLOTS];        /* L2 shadow entries it may hold: bit page | W << 2 | U << 3 */
    rights_t upper[SLOTS];        /* the guest's L2 entries since its last flush */
    rights_t granted[PAGES];      /* all that its tables gave since then */
    bool unannounced;             /* under the policy announce a table was changed by a plain store */
    uint32_t dirty[MARK_WORDS], seen[MARK_WORDS]; /* the engine's marks for each frame, while it keeps the log and takes samples */
};

extern struct world world;
extern struct shadow *shadow;

/* The base pointer of the vcpu that ran last. */
static inline uint32_t base(void) {
    return world.base[world.vcpu];
}

/* The engine and the guest as they are at first. */
void world_begin(void);
/* Everything that can make a difference later, as one number. */
uint64_t world_hash(void);

/* Keep everything; bring it back. */
struct kept;
extern const uint32_t kept_bytes;
void world_keep(struct kept *kept);
void world_restore(const struct kept *kept);

/* The rules that a state can show (audit, books, what the processor may do). NULL: all hold; else which does not. */
const char *world_check(void);

/* What is wrong, found in the middle of a move; the first one counts. NULL: nothing. */
extern const char *world_trouble;
/* Where a panic of the engine leads, world_trouble being its text. */
extern jmp_buf world_panic;

/* Number of port callbacks since it was 0. At interfere_at, counted from 1, interfere is called; 0: never. */
extern uint32_t callbacks, interfere_at;
extern void (*interfere)(void);

#endif
