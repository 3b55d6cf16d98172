/*
 * memory.h - the frames of a domain: coming, going, pinned.
 *
 * Rules: a domain's frame carries one reference for its allocation; a pinned one carries one more (Xen's rule; the
 * frame table's flag says so).
 * Callers: build.c, end.c, hypercall/memory_op.c, hypercall/mmuext_op.c.
 */
#ifndef XEN_DOMAIN_MEMORY_H
#define XEN_DOMAIN_MEMORY_H

#include "xen/domain/domain.h"
#include "xen/mm/frame.h"

/*
 * Allocate a frame for the domain; its m2p entry becomes pfn (M2P_INVALID allowed), its p2m entry too when pfn has one.
 * False: none left or at the limit.
 */
bool memory_add(struct domain *domain, uint32_t pfn, mfn_t *mfn);
/* The same with a frame whose number is below limit. */
bool memory_add_below(struct domain *domain, uint32_t pfn, uint32_t limit, mfn_t *mfn);
/*
 * The same with count frames one behind the other (frame_allocate_run), which get pfn and the numbers behind it.
 * FRAMES_NONE also: beyond its limit.
 */
enum frames_answer memory_add_run(struct domain *domain, uint32_t pfn, uint32_t count, uint32_t limit, mfn_t *first);
/*
 * The guest gives mfn back: no mapping or shadow of it survives. -EINVAL: not its frame, pinned, in a descriptor table,
 * the current page directory, or, in direct and writable mode, still mapped or a page table; nothing changed.
 */
int memory_remove(struct domain *domain, mfn_t mfn);
/*
 * The guest gives old back and gets another frame below limit, with pfn as in memory_add, whatever its limit. -EINVAL:
 * as memory_remove, or something still refers to old. -ENOMEM: no such frame is free. The domain owns the same frames
 * then (the mode may have forgotten what it knew about old).
 */
int memory_replace(struct domain *domain, mfn_t old, uint32_t pfn, uint32_t limit, mfn_t *mfn);
/* Could the guest give mfn back? As memory_remove, but it stays; the mode has forgotten what it knew about it. */
bool memory_may_leave(struct domain *domain, mfn_t mfn);
/* A frame that may leave becomes another domain's, as it is, with that pfn there (M2P_INVALID: none). */
void memory_hand_over(struct domain *from, mfn_t mfn, struct domain *to, uint32_t to_pfn);
/* Drop the allocation's reference and the table entries that name mfn; part of memory_remove and of ending a domain. */
void memory_drop(struct domain *domain, mfn_t mfn);
/* Drop every frame of a domain that has not run and whose mode refers to none. */
void memory_drop_all(struct domain *domain);

/* m2p[mfn] = pfn for a frame of the domain, and p2m accordingly. */
void memory_set_pfn(struct domain *domain, mfn_t mfn, uint32_t pfn);

/*
 * Remember that the guest pinned mfn as a table of level 1 or 2: one reference. -EINVAL: not its frame, or pinned.
 * Unpin: -EINVAL: not its frame, or not pinned.
 */
int memory_pin(struct domain *domain, mfn_t mfn, uint32_t level);
int memory_unpin(struct domain *domain, mfn_t mfn);

/* Is mfn ordinary memory of the domain that may serve as a page table (its own, and in no descriptor table)? */
bool memory_may_be_table(const struct domain *domain, mfn_t mfn);

/* Emit domain_frames for the group of machine frames that mfn is in; nothing for a trusted domain. */
#define MEMORY_REPORT_GROUP 32u
void memory_report_group(const struct domain *domain, mfn_t mfn);
/* The same for every group in which the domain owns a frame. */
void memory_report(const struct domain *domain);

#endif
