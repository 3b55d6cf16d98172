/*
 * memory_exchange.c - a domain gives frames and gets others for them; see memory_op.h.
 *
 * As Xen does it: what is all or nothing is one chunk, the smallest number of frames that makes whole extents on both
 * sides. An unprivileged domain may name single frames only, so a chunk is one frame for one frame. What is done is
 * counted in the guest's arguments, where a call that was interrupted goes on.
 */
#include <stddef.h>

#include <xen/errno.h>
#include <xen/memory.h>

#include "xen/domain/domain.h"
#include "xen/domain/memory.h"
#include "xen/domain/physmap.h"
#include "xen/hypercall/memory_op.h"
#include "xen/hypercall/table.h"
#include "xen/mm/m2p.h"
#include "xen/mm/user_copy.h"

#define COUNT_OFFSET offsetof(struct xen_memory_exchange, nr_exchanged)

static bool fits(const struct xen_memory_reservation *side) {
    return side->extent_order < 32 && side->nr_extents <= UINT32_MAX >> side->extent_order;
}

/* 0, and frame numbers to be got are below *limit; or why nothing can be exchanged. */
static int32_t check(const struct xen_memory_exchange *exchange, uint32_t *limit) {
    const struct xen_memory_reservation *in = &exchange->in, *out = &exchange->out;

    if (exchange->nr_exchanged > in->nr_extents || in->domid != out->domid || !fits(in) || !fits(out) ||
        in->nr_extents << in->extent_order != out->nr_extents << out->extent_order) {
        return -XEN_EINVAL;
    }
    if (in->extent_order != 0 || out->extent_order != 0) {
        return -XEN_EPERM;
    }
    if (!memory_address_limit(out->mem_flags, limit)) {
        return -XEN_ENOMEM;
    }
    return in->domid == DOMID_SELF ? 0 : -XEN_EPERM;
}

/* Exchange frame number done. An entry of the list of new frames that cannot be used changes nothing, as in Xen. */
static int32_t exchange_one(struct domain *domain, const struct xen_memory_exchange *exchange, uint32_t limit,
                            uint32_t done) {
    uint32_t in = (uint32_t)exchange->in.extent_start.p + done * sizeof(uint32_t);
    uint32_t out = (uint32_t)exchange->out.extent_start.p + done * sizeof(uint32_t);
    uint32_t old, pfn;
    mfn_t new;

    if (copy_from_guest(&old, in, sizeof(old)) != 0) {
        return -XEN_EFAULT;
    }
    if (copy_from_guest(&pfn, out, sizeof(pfn)) != 0) {
        pfn = M2P_INVALID;
    }
    if (domain->translated && pfn != old && !physmap_is_free(domain, pfn)) {
        return -XEN_EINVAL;
    }
    int32_t result = memory_replace(domain, physmap_frame(domain, old), pfn, limit, &new);

    if (result == 0 && !domain->translated) {
        copy_to_guest(out, &new.n, sizeof(new.n));
    }
    return result;
}

int32_t memory_exchange(struct vcpu *vcpu, uint32_t *args) {
    struct xen_memory_exchange exchange;
    uint32_t limit;

    if (copy_from_guest(&exchange, args[1], sizeof(exchange)) != 0) {
        return -XEN_EFAULT;
    }
    int32_t result = check(&exchange, &limit);

    if (result == 0 && exchange.nr_exchanged < exchange.in.nr_extents) {
        result = exchange_one(vcpu->domain, &exchange, limit, exchange.nr_exchanged);
        exchange.nr_exchanged += result == 0;
    }
    if (copy_to_guest(args[1] + COUNT_OFFSET, &exchange.nr_exchanged, sizeof(exchange.nr_exchanged)) != 0) {
        return -XEN_EFAULT;
    }
    if (result == 0 && exchange.nr_exchanged < exchange.in.nr_extents) {
        return hypercall_preempt(vcpu);
    }
    return result;
}
