/*
 * host.h - a machine for direct and writable page tables to live in: the real frame table at its real linear address,
 * 128 machine frames, one domain with one vcpu, and a TLB that remembers all that a processor might.
 *
 * Frames: the hypervisor's below HOST_FIRST; HOST_GUEST of the domain from there on; then two of another domain; the
 * rest is free. Guests use the directory slots of host_slot; the model knows these.
 */
#ifndef UNIT_DIRECT_HOST_H
#define UNIT_DIRECT_HOST_H

#include "tests/unit/shadow/check.h"
#include "xen/domain/domain.h"
#include "xen/mm/frame.h"
#include "xen/mm/map_cache.h"

#define HOST_LIMIT 128u
#define HOST_FIRST 32u
#define HOST_GUEST 64u
#define HOST_FOREIGN (HOST_FIRST + HOST_GUEST)   /* and the one behind it */
#define HOST_FREE (HOST_FOREIGN + 2)             /* nobody's, up to HOST_LIMIT */
#define HOST_OWN_ROOT 1u
#define HOST_SHARED_INFO 2u
#define HOST_AREA 3u
#define HOST_BEFORE 4u                           /* the one page that the heap has */
#define HOST_SLOTS 16u

/* Selectors: data with base 0x1000, code of 16 bits. */
#define HOST_BASED 0x11u
#define HOST_CODE16 0x19u

#define FRAME(n) (HOST_FIRST + (n))              /* guest frame n */
#define ENTRY(mfn, flags) ((uint32_t)(mfn) << PAGE_SHIFT | (uint32_t)(flags))

/* Entry index of frame mfn, as a request of mmu_update names it. */
static inline uint32_t request(uint32_t mfn, uint32_t index, bool preserve_ad) {
    return mfn << PAGE_SHIFT | index * sizeof(pte_t) | (preserve_ad ? MMU_PT_UPDATE_PRESERVE_AD : MMU_NORMAL_PT_UPDATE);
}

struct host {
    struct domain domain;
    struct vcpu vcpu;
    mfn_t loaded;                /* the fake CR3 */
    uint32_t flushes, page_flushes;
    bool heap_refuses;
    uint32_t refuse;             /* the n-th reference from now on is refused (refuse.h); 0: none */
    bool counts_raised;          /* by the test: they do not add up */
    uint32_t failures;           /* calls of domain_fail */
};

extern struct host host;

/* Map the fixed addresses; once. */
void host_begin(void);
/* A new machine: guest memory zero, the domain in the mode without having entered it, no base pointer. */
void host_reset(const struct mode_ops *mode);

/* The frame as a table. */
pte_t *host_table(uint32_t mfn);
/* Directory slot number k of those that guests use. */
uint32_t host_slot(uint32_t k);

/* What the hypercalls around the code under test do: base_pointer_set of base_pointer.c. */
int host_load(uint32_t mfn);
/* Give up everything that leaves. */
void host_finish_leaving(void);

/* Run direct_audit: rules broken, as bits 1 << n. */
uint32_t host_audit_rules(void);
/* Nothing broken, and the TLB remembers nothing that it must not (D1, D2). */
void host_audit(void);

/* The processor may have looked at everything now. Called by the tests after each operation, by flushes themselves. */
void host_tlb_fill(void);
/* D1, D2 as the TLB sees them. */
void host_tlb_check(void);
/* May the processor still write to mfn without asking a table? */
bool host_tlb_writes(uint32_t mfn);

/* Copy the frame table, and compare: all but the last word of an entry, which may be a mere hint. */
void host_keep_frames(struct frame *kept);
bool host_same_frames(const struct frame *kept);

/* The domain ended, or left its mode: no frame has a type, and each has just the references that remain. */
void host_check_left(void);

#endif
