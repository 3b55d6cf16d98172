/*
 * memory_op.c - hypercall memory_op: which command is whose, and what memory a domain and its machine have.
 *
 * Where a command names a domain, DOMID_SELF is everybody's and other numbers are the privileged domain's.
 * Source: <xen/memory.h>; answers and errors as Xen 3.1.
 */
#include "xen/hypercall/memory_op.h"

#include <xen/errno.h>
#include <xen/memory.h>

#include "trace/emit.h"
#include "xen/domain/domain.h"
#include "xen/domain/physmap.h"
#include "xen/domain/schedule.h"
#include "xen/hypercall/table.h"
#include "xen/lib/string.h"
#include "xen/mm/frame.h"
#include "xen/mm/m2p.h"
#include "xen/mm/user_copy.h"

#define EXTENT_SHIFT 21 /* the extents in which machphys_mfn_list tells the table are 2 MiB long */

int32_t memory_find_domain(const struct vcpu *vcpu, uint32_t id, struct domain **domain) {
    if (id == DOMID_SELF) {
        *domain = vcpu->domain;
        return 0;
    }
    if (!vcpu->domain->privileged) {
        return -XEN_EPERM;
    }
    *domain = domain_by_id(id);
    return *domain && !(*domain)->dying ? 0 : -XEN_ESRCH;
}

static int32_t query_domain(struct vcpu *vcpu, uint32_t command, uint32_t linear) {
    struct domain *domain;
    domid_t domid;

    if (copy_from_guest(&domid, linear, sizeof(domid)) != 0) {
        return -XEN_EFAULT;
    }
    int32_t result = memory_find_domain(vcpu, domid, &domain);

    if (result != 0) {
        return result;
    }
    switch (command) {
    case XENMEM_current_reservation:
        return (int32_t)domain->frames;
    case XENMEM_maximum_reservation:
        return (int32_t)domain->frames_limit;
    default:
        return (int32_t)domain->p2m_size - 1;
    }
}

/* Where the machine-to-physical table is in the address space. */
static int32_t tell_machphys_mapping(uint32_t linear) {
    struct xen_machphys_mapping mapping = {
        .v_start = LAYOUT_M2P_START, .v_end = LAYOUT_M2P_END, .max_mfn = frame_limit - 1,
    };

    return copy_to_guest(linear, &mapping, sizeof(mapping)) == 0 ? 0 : -XEN_EFAULT;
}

/* Which frames the table is in. Xen tells everybody, and lets only privileged domains map them. */
static int32_t tell_machphys_frames(uint32_t linear) {
    struct xen_machphys_mfn_list list;
    uint32_t extents = ((frame_limit * sizeof(uint32_t) - 1) >> EXTENT_SHIFT) + 1, done;

    if (copy_from_guest(&list, linear, sizeof(list)) != 0) {
        return -XEN_EFAULT;
    }
    for (done = 0; done < extents && done < list.max_extents; done++) {
        uint32_t mfn = m2p_first_frame().n + (done << (EXTENT_SHIFT - PAGE_SHIFT));

        if (copy_to_guest((uint32_t)list.extent_start.p + done * sizeof(mfn), &mfn, sizeof(mfn)) != 0) {
            return -XEN_EFAULT;
        }
    }
    list.nr_extents = done;
    return copy_to_guest(linear, &list, sizeof(list)) == 0 ? 0 : -XEN_EFAULT;
}

static int32_t add_to_physmap(const struct vcpu *vcpu, uint32_t linear) {
    struct xen_add_to_physmap request;
    struct domain *domain;

    if (copy_from_guest(&request, linear, sizeof(request)) != 0) {
        return -XEN_EFAULT;
    }
    int32_t result = memory_find_domain(vcpu, request.domid, &domain);

    if (result == 0) {
        trace_set_identity(domain->id, 0); /* what is recorded meanwhile is that domain's */
        result = physmap_add(domain, request.space, (uint32_t)request.idx, (uint32_t)request.gpfn);
        schedule_restore_identity();
    }
    return result;
}

static int32_t remove_from_physmap(const struct vcpu *vcpu, uint32_t linear) {
    struct xen_remove_from_physmap request;
    struct domain *domain;

    if (copy_from_guest(&request, linear, sizeof(request)) != 0) {
        return -XEN_EFAULT;
    }
    int32_t result = memory_find_domain(vcpu, request.domid, &domain);

    if (result == 0) {
        trace_set_identity(domain->id, 0);
        result = physmap_remove(domain, (uint32_t)request.gpfn);
        schedule_restore_identity();
    }
    return result;
}

int32_t hypercall_memory_op(struct vcpu *vcpu, uint32_t *args) {
    uint32_t command = args[0] & MEMORY_COMMAND_MASK;

    switch (command) {
    case XENMEM_increase_reservation:
    case XENMEM_decrease_reservation:
    case XENMEM_populate_physmap:
        return memory_reservation(vcpu, args);
    case XENMEM_exchange:
        return memory_exchange(vcpu, args);
    case XENMEM_maximum_ram_page:
        return (int32_t)frame_limit;
    case XENMEM_current_reservation:
    case XENMEM_maximum_reservation:
    case XENMEM_maximum_gpfn:
        return query_domain(vcpu, command, args[1]);
    case XENMEM_machphys_mapping:
        return tell_machphys_mapping(args[1]);
    case XENMEM_machphys_mfn_list:
        return tell_machphys_frames(args[1]);
    case XENMEM_memory_map:
        return memory_map_tell(vcpu, args[1]);
    case XENMEM_set_memory_map:
        return memory_map_set(vcpu, args[1]);
    case XENMEM_machine_memory_map:
        return vcpu->domain->privileged ? memory_map_tell_machine(args[1]) : -XEN_EINVAL;
    case XENMEM_add_to_physmap:
        return add_to_physmap(vcpu, args[1]);
    case XENMEM_remove_from_physmap:
        return remove_from_physmap(vcpu, args[1]);
    default:
        return -XEN_ENOSYS;
    }
}
