/*
 * physmap.h - the numbers by which a domain names frames.
 *
 * An ordinary domain names machine frames. A translated one (XENFEAT_auto_translated_physmap) names numbers of its own,
 * in page-table entries and in hypercalls alike; its p2m says which machine frame each of them means: a frame of its
 * own, a page that the hypervisor shares with it, or a frame that it was granted.
 *
 * Rules:
 *  P1. A frame of its own, or one that is shared with it, has one number at most, the one in m2p. A granted frame has
 *      one for each mapping of a grant.
 *  P2. A number gets a frame only while it has none. It loses it after the mode has forgotten the frame
 *      (mode_ops.frame_released), so that no shadow entry and no TLB leads to the frame through the number.
 *  P3. A translated domain is in shadow mode for life, and is never privileged.
 * Source: XENMEM_add_to_physmap and XENMEM_remove_from_physmap in <xen/memory.h>; answers as Xen 3.x, but that a number
 * is never left without the frame that it had (PHYSMAP_REMOVE below).
 * Callers: all that read a frame number from a guest or tell it one; build.c, hypercall/memory_*.c, grant_*.c.
 */
#ifndef XEN_DOMAIN_PHYSMAP_H
#define XEN_DOMAIN_PHYSMAP_H

#include "xen/domain/domain.h"

/* Numbers that a translated domain has beyond those of its memory: for shared pages, and frames that it was granted. */
#define PHYSMAP_ROOM 2048u

/* The rest of physmap_frame. */
__attribute__((cold)) mfn_t physmap_translate(const struct domain *domain, uint32_t number);
/* The machine frame that the domain means by number. One that does not exist, when it means none. */
static inline mfn_t physmap_frame(const struct domain *domain, uint32_t number) {
    return __builtin_expect(number < domain->plain_numbers, 1) ? (mfn_t){ number } : physmap_translate(domain, number);
}
/* The same for an entry of a page table, or a machine address: what is not its frame's number stays. */
static inline uint32_t physmap_entry(const struct domain *domain, uint32_t entry) {
    return physmap_frame(domain, entry >> PAGE_SHIFT).n << PAGE_SHIFT | entry % PAGE_SIZE;
}
/* The number by which the domain knows mfn, its own or shared with it. M2P_INVALID: it has none. */
uint32_t physmap_number(const struct domain *domain, mfn_t mfn);

/* The first of them. */
static inline uint32_t physmap_room(const struct domain *domain) {
    return domain->p2m_size - PHYSMAP_ROOM;
}

/* May the translated domain give a frame this number (P2)? */
static inline bool physmap_is_free(const struct domain *domain, uint32_t number) {
    return number < domain->p2m_size && domain->p2m[number].n == MFN_NONE;
}

/*
 * Give mfn, which the hypervisor shares with the domain, this number, which is free, instead of the one that it had.
 */
void physmap_place(struct domain *domain, mfn_t mfn, uint32_t number);
/* Nothing leads to mfn any more, and its number has no frame. */
void physmap_take_away(struct domain *domain, mfn_t mfn, uint32_t number);
/* Is mfn, which has this number, memory of the domain's own? Otherwise it has it for a grant, or is shared. */
bool physmap_is_memory(const struct domain *domain, mfn_t mfn, uint32_t number);
/* Map a granted frame at this number. False: it is not free. And unmap it again, as map it was. */
bool physmap_map(struct domain *domain, mfn_t mfn, uint32_t number);
bool physmap_unmap(struct domain *domain, mfn_t mfn, uint32_t number);

/*
 * add_to_physmap: what space (XENMAPSPACE_*) and index name gets this number. A frame of the domain's own that had it is
 * given back. -EINVAL: the domain is not translated, there is no such thing or number, or what has the number, or is to
 * get it, is in use (memory.h) or granted; nothing has changed. -ENOMEM: no heap left for a grant table.
 */
int physmap_add(struct domain *domain, uint32_t space, uint32_t index, uint32_t number);
/*
 * remove_from_physmap: the number has no frame any more; a frame of the domain's own is given back. -EINVAL: as above.
 * -ENOENT: it had none.
 */
int physmap_remove(struct domain *domain, uint32_t number);

#endif
