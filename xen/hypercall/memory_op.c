/*
 * memory_op.c - hypercall memory_op: what memory a domain has, giving frames back and getting frames.
 *
 * Reservations work frame by frame (extent order 0): a machine here has no contiguous memory to give away, so larger
 * extents are not done, which Xen's way of counting (the number of extents done) expresses without an error.
 * Source: <xen/memory.h>; errors as Xen 3.x.
 */
#include <xen/errno.h>
#include <xen/memory.h>

#include "xen/domain/domain.h"
#include "xen/domain/memory.h"
#include "xen/hypercall/table.h"
#include "xen/lib/string.h"
#include "xen/mm/frame.h"
#include "xen/mm/m2p.h"
#include "xen/mm/user_copy.h"

#define COMMAND_BITS 6 /* the rest of the command word counts the extents that are done, when a call goes on */
#define COMMAND_MASK ((1u << COMMAND_BITS) - 1)
/* Giving a frame back may search every shadow page for mappings of it, so the next one waits for what is pending. */
#define FRAMES_BACK_A_CALL 1u

/* Give back the frame that the list's entry names. */
static bool give_back(struct domain *domain, uint32_t entry) {
    uint32_t mfn;

    return copy_from_guest(&mfn, entry, sizeof(mfn)) == 0 && memory_remove(domain, (mfn_t){ mfn }) == 0;
}

/*
 * Get a frame. populate: the entry holds the pfn it shall have; otherwise the guest says so later. The entry receives
 * the mfn.
 */
static bool get_one(struct domain *domain, uint32_t entry, bool populate) {
    uint32_t pfn = M2P_INVALID;
    mfn_t mfn;

    if ((populate && copy_from_guest(&pfn, entry, sizeof(pfn)) != 0) || !memory_add(domain, pfn, &mfn)) {
        return false;
    }
    memory_report_group(domain, mfn);
    if (entry != 0 && copy_to_guest(entry, &mfn.n, sizeof(mfn.n)) != 0) {
        memory_remove(domain, mfn);
        return false;
    }
    return true;
}

/* Returns the number of extents done, as Xen does even when the arguments are wrong. */
static int32_t change_reservation(struct vcpu *vcpu, uint32_t *args, uint32_t command, uint32_t done) {
    struct xen_memory_reservation request;
    uint32_t batch = command == XENMEM_decrease_reservation ? FRAMES_BACK_A_CALL : HYPERCALL_BATCH, start = done;

    if (copy_from_guest(&request, args[1], sizeof(request)) != 0 || request.domid != DOMID_SELF ||
        request.extent_order != 0 || request.nr_extents > UINT32_MAX >> COMMAND_BITS) {
        return (int32_t)done;
    }
    uint32_t list = (uint32_t)request.extent_start.p;

    for (; done < request.nr_extents; done++) {
        uint32_t entry = list != 0 ? list + done * 4 : 0;
        bool good = command == XENMEM_decrease_reservation
                        ? give_back(vcpu->domain, entry)
                        : get_one(vcpu->domain, entry, command == XENMEM_populate_physmap);

        if (!good) {
            return (int32_t)done;
        }
        if (done + 1 - start == batch && done + 1 != request.nr_extents) {
            args[0] = command | (done + 1) << COMMAND_BITS;
            return hypercall_preempt(vcpu);
        }
    }
    return (int32_t)done;
}

static int32_t query_domain(struct vcpu *vcpu, uint32_t command, uint32_t linear) {
    struct domain *domain = vcpu->domain;
    domid_t domid;

    if (copy_from_guest(&domid, linear, sizeof(domid)) != 0) {
        return -XEN_EFAULT;
    }
    if (domid != DOMID_SELF) {
        return -XEN_EPERM;
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

int32_t hypercall_memory_op(struct vcpu *vcpu, uint32_t *args) {
    uint32_t command = args[0] & COMMAND_MASK;

    switch (command) {
    case XENMEM_increase_reservation:
    case XENMEM_decrease_reservation:
    case XENMEM_populate_physmap:
        return change_reservation(vcpu, args, command, args[0] >> COMMAND_BITS);
    case XENMEM_maximum_ram_page:
        return (int32_t)frame_limit;
    case XENMEM_current_reservation:
    case XENMEM_maximum_reservation:
    case XENMEM_maximum_gpfn:
        return query_domain(vcpu, command, args[1]);
    case XENMEM_machphys_mapping:
        return tell_machphys_mapping(args[1]);
    case XENMEM_machphys_mfn_list:
        /* the frames of the table are for privileged domains to map; everybody reads it where machphys_mapping says */
        return -XEN_EPERM;
    default:
        return -XEN_ENOSYS;
    }
}
