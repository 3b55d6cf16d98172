/*
 * foreign.h - the argument "foreign domain" of mmu_update and mmuext_op, for a domain that has no privilege.
 *
 * Source: Xen 3.x: DOMID_SELF, or DOMID_IO in mmu_update; a domain may not give its own number, nor another's.
 */
#ifndef XEN_HYPERCALL_FOREIGN_H
#define XEN_HYPERCALL_FOREIGN_H

#include <stdbool.h>
#include <stdint.h>
#include <xen/xen.h>

/* Bit of the count argument that marks a call that goes on after it was preempted. */
#define MMU_UPDATE_PREEMPTED 0x80000000u

static inline bool foreign_is_self(uint32_t argument) {
    uint32_t table_owner = argument >> 16;

    return (argument & 0xffff) == DOMID_SELF && (table_owner == 0 || table_owner - 1 == DOMID_SELF);
}

#endif
