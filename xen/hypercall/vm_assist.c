/*
 * vm_assist.c - hypercall vm_assist: Xen's assists, and Penumbra's type for shadow page tables (xen/public/penumbra.h).
 *
 * Xen's types are remembered. In shadow mode a guest writes its tables with plain stores anyway, so writable_pagetables
 * has nothing to add now. This build has no other mode than shadow, so shadow cannot be left: -EOPNOTSUPP.
 */
#include <xen/errno.h>

#include "xen/domain/domain.h"
#include "xen/hypercall/table.h"
#include "xen/public/penumbra.h"

#define LAST_TYPE VMASST_TYPE_pae_extended_cr3 /* MAX_VMASST_TYPE of Xen 3.x */

static int32_t shadow_type(uint32_t command) {
    switch (command) {
    case VMASST_CMD_enable:
        return 0;
    case VMASST_CMD_disable:
        return -XEN_EOPNOTSUPP;
    default:
        return -XEN_ENOSYS;
    }
}

int32_t hypercall_vm_assist(struct vcpu *vcpu, uint32_t *args) {
    uint32_t command = args[0], type = args[1];

    if (type == PENUMBRA_VMASST_TYPE_shadow_pagetables) {
        return shadow_type(command);
    }
    if (type > LAST_TYPE) {
        return -XEN_EINVAL;
    }
    switch (command) {
    case VMASST_CMD_enable:
        vcpu->domain->assists |= 1u << type;
        return 0;
    case VMASST_CMD_disable:
        vcpu->domain->assists &= ~(1u << type);
        return 0;
    default:
        return -XEN_ENOSYS;
    }
}
