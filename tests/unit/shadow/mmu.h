/*
 * mmu.h - a processor's paging unit in software, as hostile as the manual allows.
 *
 * It walks the loaded root, sets accessed and dirty in what it walks, and keeps a TLB and a cache of L2 entries that
 * it never evicts by itself but may ignore at any time (by chance). Where it reads a table outside the pool, or
 * translates to a pool frame, the test ends: that is rule S1.
 * Source: Intel SDM volume 3, 4.6-4.8, 4.10.
 */
#ifndef UNIT_MMU_H
#define UNIT_MMU_H

#include <stdbool.h>
#include <stdint.h>

#include "shadow/walk.h"

struct translation {
    uint32_t frame;
    bool fresh;          /* both levels were read now, nothing was remembered */
};

/* Forget everything; everything but global translations; one page, global or not, and all cached L2 entries. */
void mmu_forget_all(void);
void mmu_forget_non_global(void);
void mmu_forget_page(uint32_t linear);

/* The frame that the TLB holds for linear (for writing: and lets be written); 0: nothing. */
uint32_t mmu_holds(uint32_t linear, bool writing);

/* May the TLB and the L2 cache be used? Off: every access walks. */
void mmu_use_caches(bool on);

/*
 * One access: FAULT_ACCESS bits. True: *translation; false: *error is the page fault's code, and the TLB forgot
 * linear.
 */
bool mmu_access(uint32_t linear, uint32_t access, struct translation *translation, uint32_t *error);

/* What came of an access with the engine's help. */
enum outcome { ACCESS_DONE, ACCESS_EMULATED, ACCESS_FAULT, ACCESS_DEAD };

/*
 * Access linear at privilege level cpl until it succeeds or is the guest's own fault (*error); regs: the interrupted
 * state, or NULL for one that is not looked at (its instruction cannot be fetched).
 */
enum outcome mmu_run(uint32_t linear, uint32_t cpl, bool write, struct cpu_user_regs *regs,
                     struct translation *translation,
                     uint32_t *error);

/*
 * The code of the fault that the guest's own tables (base: L2 frame) give for an access, or -1 when they allow it. Frames
 * are the numbers by which the guest knows them.
 */
int32_t model_walk(uint32_t base, uint32_t linear, uint32_t cpl, bool write, uint32_t *frame);

#endif
