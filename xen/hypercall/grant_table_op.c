/*
 * grant_table_op.c - hypercall grant_table_op: which operation is whose, and the table itself.
 *
 * What Xen 3.1 does not have it answers with -ENOSYS, dump_table among it.
 */
#include "xen/hypercall/grant_table_op.h"

#include <xen/errno.h>

#include "trace/emit.h"
#include "xen/domain/domain.h"
#include "xen/domain/grant.h"
#include "xen/domain/physmap.h"
#include "xen/domain/schedule.h"
#include "xen/mm/user_copy.h"

#define COUNT_MAX 512u               /* as Xen 3.1 */

/* The domain whose table is asked about. NULL: *status says why. */
static struct domain *table_owner(struct domain *caller, uint32_t domid, int16_t *status) {
    struct domain *domain = caller;

    if (domid != DOMID_SELF && !caller->privileged) {
        *status = GNTST_permission_denied;
        return 0;
    }
    if (domid != DOMID_SELF) {
        domain = domain_by_id(domid);
    }
    *status = domain ? GNTST_okay : GNTST_bad_domain;
    return domain;
}

static bool prepare(struct domain *domain) {
    trace_set_identity(domain->id, 0); /* what it may map then is told as its */
    bool ready = grant_table_prepare(domain);

    schedule_restore_identity();
    return ready;
}

static int16_t tell_frames(const struct domain *domain, uint32_t list, uint32_t frames) {
    for (uint32_t i = 0; i < frames; i++) {
        uint32_t number = physmap_number(domain, grant_table_frame(domain, i));

        if (copy_to_guest(list + i * sizeof(number), &number, sizeof(number)) != 0) {
            return GNTST_bad_virt_addr;
        }
    }
    return GNTST_okay;
}

static int32_t setup_table(struct vcpu *vcpu, uint32_t *args) {
    uint32_t linear = args[1], count = args[2];
    struct gnttab_setup_table op;

    if (count != 1) {
        return -XEN_EINVAL;
    }
    if (copy_from_guest(&op, linear, sizeof(op)) != 0) {
        return -XEN_EFAULT;
    }
    if (op.nr_frames > GRANT_FRAMES) {
        op.status = GNTST_general_error;
    } else {
        struct domain *domain = table_owner(vcpu->domain, op.dom, &op.status);

        if (domain && !domain->dying) {
            op.status = prepare(domain) ? tell_frames(domain, (uint32_t)op.frame_list.p, op.nr_frames)
                                        : GNTST_general_error;
        } else if (domain) {
            op.status = GNTST_bad_domain;
        }
    }
    return copy_to_guest(linear, &op, sizeof(op)) == 0 ? 0 : -XEN_EFAULT;
}

static int32_t query_size(struct vcpu *vcpu, uint32_t *args) {
    uint32_t linear = args[1], count = args[2];
    struct gnttab_query_size op;

    if (count != 1) {
        return -XEN_EINVAL;
    }
    if (copy_from_guest(&op, linear, sizeof(op)) != 0) {
        return -XEN_EFAULT;
    }
    if (table_owner(vcpu->domain, op.dom, &op.status)) {
        op.nr_frames = op.max_nr_frames = GRANT_FRAMES;
    }
    return copy_to_guest(linear, &op, sizeof(op)) == 0 ? 0 : -XEN_EFAULT;
}

/* By number; NULL: there is no such operation. */
static int32_t (*const operations[])(struct vcpu *vcpu, uint32_t *args) = {
    [GNTTABOP_map_grant_ref] = grant_map,
    [GNTTABOP_unmap_grant_ref] = grant_unmap,
    [GNTTABOP_setup_table] = setup_table,
    [GNTTABOP_copy] = grant_copy,
    [GNTTABOP_transfer] = grant_transfer,
    [GNTTABOP_query_size] = query_size,
};

int32_t hypercall_grant_table_op(struct vcpu *vcpu, uint32_t *args) {
    uint32_t command = args[0], count = args[2];

    if (count > COUNT_MAX) {
        return -XEN_EINVAL;
    }
    if (command >= sizeof(operations) / sizeof(operations[0]) || !operations[command]) {
        return -XEN_ENOSYS;
    }
    return operations[command](vcpu, args);
}
