/*
 * grant_table_op.h - the parts of hypercall grant_table_op, and how a list is carried out.
 *
 * A step carries out one element of the list: it gets a copy, and writes into it what it results in. Results are in the
 * element's status; the hypercall's own is 0, or -EFAULT where an element cannot be read or written.
 * Source: <xen/grant_table.h>; answers as Xen 3.1.
 * Callers: grant_table_op.c.
 */
#ifndef XEN_HYPERCALL_GRANT_TABLE_OP_H
#define XEN_HYPERCALL_GRANT_TABLE_OP_H

#include <stdint.h>
#include <xen/errno.h>

#include "xen/domain/domain.h"
#include "xen/hypercall/table.h"
#include "xen/mm/user_copy.h"

/* The operations that have a list; args as the hypercall got them. */
int32_t grant_map(struct vcpu *vcpu, uint32_t *args);
int32_t grant_unmap(struct vcpu *vcpu, uint32_t *args);
int32_t grant_copy(struct vcpu *vcpu, uint32_t *args);
int32_t grant_transfer(struct vcpu *vcpu, uint32_t *args);

#define GRANT_ELEMENT_WORDS 8u       /* of the largest */

/*
 * Carry out the list. size: bytes of an element, of which those from results on are copied out, both whole words;
 * batch: so many in one go; done, if there is one, is called after them. Inlined with its step: most lists have one
 * element.
 */
static inline __attribute__((always_inline)) int32_t grant_run_list(struct vcpu *vcpu, uint32_t *args, uint32_t size,
                                                                    uint32_t results, uint32_t batch,
                                                                    void (*step)(struct domain *, void *element),
                                                                    void (*done)(struct vcpu *)) {
    uint32_t linear = args[1], left = args[2], last = left > batch ? left - batch : 0;
    uint32_t element[GRANT_ELEMENT_WORDS];
    int32_t result = 0;

    if (!guest_range_ok(linear, left * size)) {
        return -XEN_EFAULT;
    }
    if (left == 0) {
        return 0;
    }
    do {
        if (copy_words_from_guest(element, linear, size / 4) != 0) {
            result = -XEN_EFAULT;
        } else {
            step(vcpu->domain, element);
            if (copy_words_to_guest(linear + results, &element[results / 4], (size - results) / 4) != 0) {
                result = -XEN_EFAULT;
            }
        }
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
