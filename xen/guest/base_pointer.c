/*
 * base_pointer.c - a vcpu runs on another page directory; see base_pointer.h.
 */
#include "xen/guest/base_pointer.h"

#include <xen/errno.h>

#include "xen/domain/domain.h"
#include "xen/domain/mode.h"
#include "xen/mm/frame.h"

int base_pointer_set(struct vcpu *vcpu, mfn_t gmfn, uint32_t cause) {
    struct domain *domain = vcpu->domain;
    mfn_t old = vcpu->base_pointer;

    if (!frame_get(domain->id, gmfn)) {
        return -XEN_EINVAL;
    }
    vcpu->base_pointer = gmfn;
    if (domain->mode->load_base_pointer(vcpu, gmfn, cause) != 0) {
        vcpu->base_pointer = old;
        frame_put(gmfn);
        return -XEN_EINVAL;
    }
    frame_put(old);
    return 0;
}
