/*
 * privop_dr.c - mov to and from debug registers for a guest kernel: the debug-register hypercalls by another door; see
 * privop.h.
 */
#include "xen/guest/privop.h"
#include "xen/hypercall/debugreg.h"

bool privop_mov_from_dr(struct privop *op) {
    uint32_t number, *to;

    return privop_fetch_register(op, &number, &to) && debugreg_get(op->vcpu, number, to);
}

bool privop_mov_to_dr(struct privop *op) {
    uint32_t number, *from;

    return privop_fetch_register(op, &number, &from) && debugreg_set(op->vcpu, number, *from) == 0;
}
