/*
 * walk.h - the walker: what would the processor do with the guest's tables?
 *
 * Rules: each guest entry is loaded once (S11); accessed and dirty go back by compare-and-swap (S7). Supervisor is
 * every ring but 3; CR0.WP is set, so supervisor writes respect read-only pages.
 * Callers: fault.c, emulate*.c, find.c, read_only.c.
 */
#ifndef SHADOW_WALK_H
#define SHADOW_WALK_H

#include "shadow/types.h"

/* Bits of a page fault's error code. Source: Intel SDM volume 3, 4.7. */
#define FAULT_PRESENT (1u << 0)
#define FAULT_WRITE (1u << 1)
#define FAULT_USER (1u << 2)
#define FAULT_RESERVED (1u << 3)

/* The access that is to be made: FAULT_WRITE and FAULT_USER bits. */
#define FAULT_ACCESS (FAULT_WRITE | FAULT_USER)

struct walk {
    uint32_t linear;
    uint32_t access;      /* FAULT_ACCESS bits */
    uint32_t error;       /* of a failed walk only: the error code the processor would push */
    pte_t l2e;            /* the guest's L2 entry, 0 before it was read */
    pte_t l1e;            /* the guest's L1 entry; 0 when there is none, or it was not read */
    bool large;           /* l2e maps a 4 MiB page */
    mfn_t l1_table;       /* unless large */
    mfn_t frame;          /* the 4 KiB frame that linear lies in */
    pte_t *l1_entry;      /* mapped until walk_end; NULL when there is none */
};

/*
 * Walk the current guest tables for an access to linear. True: allowed; false: a true fault of the guest with code
 * walk->error. In both cases what was read is in *walk, and walk_end must follow.
 */
bool walk_begin(struct shadow *shadow, uint32_t linear, uint32_t access, struct walk *walk);
/* Are accessed and dirty in the guest's entries as an allowed access would leave them? */
static inline bool walk_is_marked(const struct walk *walk) {
    pte_t leaf = walk->large ? walk->l2e : walk->l1e;
    pte_t wanted = walk->access & FAULT_WRITE ? PTE_A | PTE_D : PTE_A;

    return (walk->l2e & PTE_A) && (leaf & wanted) == wanted;
}

/*
 * After an allowed walk: set accessed and dirty in the guest's entries as the access would; the bits that had to be
 * set are added to *marked. False: an entry changed meanwhile, start over.
 */
bool walk_mark(struct shadow *shadow, struct walk *walk, pte_t *marked);

static inline void walk_end(struct walk *walk) {
    if (walk->l1_entry != NULL) {
        shadow_port_unmap(walk->l1_entry);
    }
}

/*
 * Walk and mark for a read of the guest kernel. False: not readable, or not ordinary memory of the domain; walk_end has
 * been done. True: walk_end must follow.
 */
bool walk_for_reading(struct shadow *shadow, uint32_t linear, struct walk *walk);
/*
 * The frame that holds linear, for reading as the guest kernel would. False: not readable, or not ordinary memory of
 * the domain.
 */
bool walk_readable(struct shadow *shadow, uint32_t linear, mfn_t *frame);
/*
 * Read len bytes (within one page) as the guest kernel would. False: not readable, or not ordinary memory of the
 * domain.
 */
bool walk_read(struct shadow *shadow, uint32_t linear, void *to, uint32_t len);

#endif
