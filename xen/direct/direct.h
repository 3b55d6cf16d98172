/*
 * direct.h - direct page tables: the guest's own tables are in CR3, and every entry in them has been checked.
 *
 * Rules, checked by the audit under these numbers (record audit_violation, rule 100 + n) and by tests:
 *  D1. The processor walks a frame of a guest only while its type is FRAME_L1 or FRAME_L2 and it is validated.
 *  D2. A frame that has a type other than FRAME_WRITABLE is mapped writable by nobody, and no TLB remembers that it
 *      was.
 *  D3. Every present entry of a validated table holds what it needs: an L1 entry a reference to its frame, with type
 *      FRAME_WRITABLE when it is writable; an L2 entry a reference with type FRAME_L1 to its table.
 *  D4. An L2 entry may name a directory instead (a linear mapping): read-only, the directory itself or one that is
 *      validated, and no deeper: a directory that others map so maps no other directory so.
 *  D5. Counts add up: recounting every table, pin, base pointer and descriptor table gives the frame table's numbers.
 *  D6. The hypervisor's slots of a validated directory are the hypervisor's.
 *  D7. Between two instructions of the guest nothing is half done: what takes long is stopped where a hypercall can be
 *      asked again, and what was checked or given up so far is in the frame table (FRAME_PARTIAL, FRAME_LEAVING).
 *  D8. Nothing recurses on the guest's data.
 *
 *   l1e.h, l1e.c              what an L1 entry may be, and its references
 *   table.h, table.c          from a frame to a validated table, and back
 *   directory.c               what an L2 entry may be, and its references
 *   release.c                 tables that leave, entry by entry
 *   update.c                  one entry is written
 *   walk.c                    the guest's tables as the hypervisor reads them
 *   direct_mode.c             the table of operations (xen/domain/mode.h)
 *   writable.h, writable.c    a disconnected table (writable mode)
 *   emulate.h, emulate.c      one store to a table, emulated (writable mode)
 *   writable_mode.c           the table of operations of writable mode
 *   audit.c                   D5 and the others that a state can show
 *
 * Source: Xen 3.x keeps the same types and counts; what a guest sees of them is documented in docs/direct.md.
 */
#ifndef XEN_DIRECT_DIRECT_H
#define XEN_DIRECT_DIRECT_H

#include <stdbool.h>
#include <stdint.h>

#include "shadow/port.h"
#include "trace/emit.h"

/* "Ask again": never leaves the hypervisor, so Xen's public header does not show its number. */
#define XEN_ERESTART 85

#define MMU_COUNTERS (TRACE_MMU_COUNTER_audits + 1)

/* No frame: what lists of frames end with, and "none" in struct frame's details. */
#define NO_FRAME 0x1fffffu

/* What stands in the way of an entry or a table. */
struct refusal {
    uint32_t reason;       /* enum trace_refusal */
    mfn_t table;           /* the frame that cannot be a table, or the table with the entry */
    uint32_t index;
    pte_t entry;           /* 0 when the table as a whole is refused */
    uint32_t linear;       /* which the entry maps, where that is known, else 0 */
};

/* The table that the guest writes now (writable mode); see writable.h. */
struct disconnected {
    bool active;
    bool linked;           /* a directory uses it: directory, index */
    mfn_t table;
    mfn_t directory;
    uint32_t index;
    uint32_t linear;       /* where the guest writes it */
    mfn_t mapping_table;   /* the entry that maps linear */
    uint32_t mapping_index;
    pte_t *before;         /* a page: the entries as they were */
};

/* The L1 table in which an entry was written last: it stays mapped, until it leaves or another one is written. */
struct window {
    mfn_t table;           /* a validated L1 table of the domain; NO_FRAME: none */
    pte_t *entries;
};

/* A domain's state in direct and writable mode. direct_init makes one without tables. */
struct direct {
    uint32_t leaving;      /* mfn of the first table that leaves, or NO_FRAME */
    /*
     * Entries that may still be looked at before what is under way must stop (D7). A hypercall begins with
     * DIRECT_BUDGET; what cannot stop has DIRECT_UNBOUNDED.
     */
    uint32_t budget;
    uint32_t partial;      /* directories that are FRAME_PARTIAL */
    uint32_t unmapped_at;  /* tlb_generation when an entry lost its frame */
    uint32_t unlinked_at;  /* tlb_generation when a directory entry lost its table */
    struct window window;
    struct disconnected disconnected;
    bool linear;           /* a directory has been mapped as a table */
    bool emulate;          /* writable mode: emulate single writes */
    uint32_t stored;       /* writable mode: the table whose first store since a flush was emulated; NO_FRAME */
    struct refusal refusal;    /* the last one */
};

static inline void direct_init(struct direct *direct) {
    *direct = (struct direct){ .leaving = NO_FRAME, .window.table.n = NO_FRAME };
}

#define DIRECT_BUDGET 4096u
#define DIRECT_UNBOUNDED 0xffffffffu

/* Take entries looked at off the budget. */
static inline void direct_spend(struct direct *direct, uint32_t entries) {
    if (direct->budget != DIRECT_UNBOUNDED) {
        direct->budget = direct->budget > entries ? direct->budget - entries : 0;
    }
}

#endif
