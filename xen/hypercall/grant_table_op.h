/*
 * grant_table_op.h - the parts of hypercall grant_table_op.
 *
 * A step carries out one element of the list: it is copied in, and what it results in copied out. Results are in the
 * element's status; the hypercall's own is 0, or -EFAULT where an element cannot be read or written.
 * Source: <xen/grant_table.h>; answers as Xen 3.1.
 * Callers: grant_table_op.c.
 */
#ifndef XEN_HYPERCALL_GRANT_TABLE_OP_H
#define XEN_HYPERCALL_GRANT_TABLE_OP_H

#include <stdint.h>

struct vcpu;

int32_t grant_map_step(struct vcpu *vcpu, uint32_t linear);
int32_t grant_unmap_step(struct vcpu *vcpu, uint32_t linear);
/* After so many unmaps: no translation that they took away is remembered. */
void grant_unmap_done(struct vcpu *vcpu);
int32_t grant_copy_step(struct vcpu *vcpu, uint32_t linear);
int32_t grant_transfer_step(struct vcpu *vcpu, uint32_t linear);

#endif
