/*
 * grant_table_op.h - the parts of hypercall grant_table_op, and how a list is carried out.
 *
 * A step carries out one element of the list: it is copied in, and what it results in copied out. Results are in the
 * element's status; the hypercall's own is 0, or -EFAULT where an element cannot be read or written.
 * Source: <xen/grant_table.h>; answers as Xen 3.1.
 * Callers: grant_table_op.c.
 */
#ifndef XEN_HYPERCALL_GRANT_TABLE_OP_H
#define XEN_HYPERCALL_GRANT_TABLE_OP_H

#include <stdint.h>
#include <xen/errno.h>

#include "xen/hypercall/table.h"
#include "xen/mm/user_copy.h"

/* The operations that have a list; args as the hypercall got them. */
int32_t grant_map(struct vcpu *vcpu, uint32_t *args);
int32_t grant_unmap(struct vcpu *vcpu, uint32_t *args);
int32_t grant_copy(struct vcpu *vcpu, uint32_t *args);
int32_t grant_transfer(struct vcpu *vcpu, uint32_t *args);

/*
 * Carry out the list. size: bytes of an element; batch: so many in one go; done, if there is one, is called after them.
 * Inlined with its step: most lists have one element.
 */
static inline __attribute__((always_inline)) int32_t grant_run_list(struct vcpu *vcpu, uint32_t *args, uint32_t size,
                                                                    uint32_t batch,
                                                                    int32_t (*step)(struct vcpu *, uint32_t linear),
                                                                    void (*done)(struct vcpu *)) {
    uint32_t linear = args[1], left = args[2], last = left > batch ? left - batch : 0;
    int32_t result = 0;

    if (!guest_range_ok(linear, left * size)) {
        return -XEN_EFAULT;
    }
    if (left == 0) {
        return 0;
    }
    do {
        result = step(vcpu, linear);
        linear += size;
    } while (--left != last && result == 0);
    if (done) {
        done(vcpu);
    }
    if (result != 0 || left == 0) {
        return result;
    }
    args[1] = linear;
    args[2] = left;
    return hypercall_preempt(vcpu);
}

#endif
