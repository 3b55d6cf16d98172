/*
 * platform_op.c - hypercall platform_op: the machine's clock, for the privileged domain. There are no memory types
 * to be set (no MTRR is used) and no interrupts whose routing could be chosen.
 *
 * Source: <xen/platform.h>; errors as Xen 3.x on a machine without MTRRs.
 */
#include <xen/errno.h>
#include <xen/platform.h>

#include "xen/domain/domain.h"
#include "xen/domain/time.h"
#include "xen/hypercall/table.h"
#include "xen/mm/user_copy.h"

static int32_t set_time(const struct xen_platform_op *request) {
    if (request->cmd == XENPF_settime32) {
        time_set_wall_clock(request->u.settime32.secs, request->u.settime32.nsecs, request->u.settime32.system_time);
        return 0;
    }
    if (request->u.settime64.mbz != 0) {
        return -XEN_EINVAL;
    }
    time_set_wall_clock(request->u.settime64.secs, request->u.settime64.nsecs, request->u.settime64.system_time);
    return 0;
}

static int32_t take_quirk(uint32_t number) {
    switch (number) {
    case QUIRK_NOIRQBALANCING:
    case QUIRK_IOAPIC_BAD_REGSEL:
    case QUIRK_IOAPIC_GOOD_REGSEL:
        return 0; /* there is nothing that it could change */
    default:
        return -XEN_EINVAL;
    }
}

int32_t hypercall_platform_op(struct vcpu *vcpu, uint32_t *args) {
    struct xen_platform_op request;

    if (!vcpu->domain->privileged) {
        return -XEN_EPERM;
    }
    if (copy_from_guest(&request, args[0], sizeof(request)) != 0) {
        return -XEN_EFAULT;
    }
    if (request.interface_version != XENPF_INTERFACE_VERSION) {
        return -XEN_EACCES;
    }
    switch (request.cmd) {
    case XENPF_settime32:
    case XENPF_settime64:
        return set_time(&request);
    case XENPF_add_memtype:
    case XENPF_del_memtype:
        return -XEN_ENXIO;
    case XENPF_read_memtype:
        return -XEN_EINVAL;
    case XENPF_platform_quirk:
        return take_quirk(request.u.platform_quirk.quirk_id);
    default:
        return -XEN_ENOSYS;
    }
}
