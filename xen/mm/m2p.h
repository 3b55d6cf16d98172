/*
 * m2p.h - the machine-to-physical table: for each machine frame the number its owner knows it by.
 *
 * Guests read it at LAYOUT_M2P_START; the hypervisor writes it through an alias. Entries of frames that no domain
 * owns hold M2P_INVALID.
 * Callers: domain builder, mmu_update (MMU_MACHPHYS_UPDATE), memory_op, glue.
 */
#ifndef XEN_MM_M2P_H
#define XEN_MM_M2P_H

#include "shadow/port.h"
#include "xen/mm/layout.h"

/* Xen's INVALID_M2P_ENTRY. */
#define M2P_INVALID 0xffffffffu

/* mfn must be below frame_limit (xen/mm/frame.h). */
static inline void m2p_set(mfn_t mfn, uint32_t pfn) {
    ((volatile uint32_t *)LAYOUT_M2P_WRITABLE)[mfn.n] = pfn;
}

/* Machine frame of the table's first page; its other pages follow in the machine's memory. */
mfn_t m2p_first_frame(void);

static inline uint32_t m2p_get(mfn_t mfn) {
    return ((volatile const uint32_t *)LAYOUT_M2P_WRITABLE)[mfn.n];
}

#endif
