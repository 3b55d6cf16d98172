/* grant_copy.c - grant_table_op: copy between frames that are granted or one's own, and give frames away. */
#include <stddef.h>

#include "trace/emit.h"
#include "xen/domain/domain.h"
#include "xen/domain/grant.h"
#include "xen/domain/memory.h"
#include "xen/domain/mode.h"
#include "xen/domain/physmap.h"
#include "xen/domain/schedule.h"
#include "xen/hypercall/grant_table_op.h"
#include "xen/lib/string.h"
#include "xen/mm/frame.h"
#include "xen/mm/map_cache.h"

/* One side of a copy, held. */
struct side {
    struct domain *domain;
    bool granted, writable;
    uint32_t ref;
    mfn_t mfn;
};

static void let_go(const struct side *side) {
    if (side->granted) {
        grant_unuse(side->domain, side->ref, side->writable);
    }
}

/* The frame itself: referenced while it is copied. */
static bool get_frame(const struct side *side) {
    return !side->domain->dying && (side->writable ? frame_get_with_type(side->domain->id, side->mfn, FRAME_WRITABLE)
                                                   : frame_get(side->domain->id, side->mfn));
}

static void put_frame(const struct side *side) {
    if (side->writable) {
        frame_put_with_type(side->mfn);
    } else {
        frame_put(side->mfn);
    }
}

static int16_t hold(struct domain *caller, const struct gnttab_copy_ptr *pointer, struct side *side) {
    if (side->granted) {
        int16_t status = grant_use(side->domain, pointer->u.ref, caller, side->writable, &side->mfn);

        side->ref = pointer->u.ref;
        if (status != GNTST_okay) {
            return status;
        }
    } else {
        side->mfn = physmap_frame(side->domain, (uint32_t)pointer->u.gmfn);
    }
    if (!get_frame(side)) {
        let_go(side);
        return GNTST_general_error;
    }
    return GNTST_okay;
}

static void release(const struct side *side) {
    put_frame(side);
    let_go(side);
}

static void move(const struct gnttab_copy *op, const struct side *from, const struct side *to) {
    const uint8_t *source = map_frame(from->mfn);
    uint8_t *target = map_frame(to->mfn);

    memmove(target + op->dest.offset, source + op->source.offset, op->len);
    unmap_frame(target);
    unmap_frame(source);
    trace_set_identity(to->domain->id, 0); /* what its tables make of it */
    to->domain->mode->frame_written(to->domain, to->mfn);
    schedule_restore_identity();
}

static struct domain *domain_of(struct domain *caller, const struct gnttab_copy_ptr *pointer) {
    return pointer->domid == DOMID_SELF ? caller : domain_by_id(pointer->domid);
}

static int16_t copy(struct domain *caller, const struct gnttab_copy *op) {
    struct side from = { .granted = (op->flags & GNTCOPY_source_gref) != 0 };
    struct side to = { .granted = (op->flags & GNTCOPY_dest_gref) != 0, .writable = true };
    int16_t status;

    if ((uint32_t)op->source.offset + op->len > PAGE_SIZE || (uint32_t)op->dest.offset + op->len > PAGE_SIZE) {
        return GNTST_bad_copy_arg;
    }
    if ((op->source.domid != DOMID_SELF && !from.granted) || (op->dest.domid != DOMID_SELF && !to.granted)) {
        return GNTST_permission_denied;
    }
    from.domain = domain_of(caller, &op->source);
    to.domain = domain_of(caller, &op->dest);
    if (!from.domain || !to.domain) {
        return GNTST_bad_domain;
    }
    status = hold(caller, &op->source, &from);
    if (status != GNTST_okay) {
        return status;
    }
    status = hold(caller, &op->dest, &to);
    if (status == GNTST_okay) {
        move(op, &from, &to);
        release(&to);
    }
    release(&from);
    return status;
}

static void copy_step(struct domain *domain, void *element) {
    struct gnttab_copy *op = element;

    op->status = copy(domain, op);
}

int32_t grant_copy(struct vcpu *vcpu, uint32_t *args) {
    return grant_run_list(vcpu, args, sizeof(struct gnttab_copy), offsetof(struct gnttab_copy, status), 8,
                          copy_step, 0);
}

/*
 * As in Xen the frame is the domain's no more, whatever comes of it, unless it could not be taken: nobody's, when there
 * is nobody who takes it.
 */
static int16_t transfer(struct domain *caller, const struct gnttab_transfer *op) {
    struct domain *to = domain_by_id(op->domid);
    mfn_t mfn = physmap_frame(caller, (uint32_t)op->mfn);
    uint32_t pfn;

    if (!memory_may_leave(caller, mfn)) {
        return GNTST_bad_page;
    }
    if (!to || to == caller || to->dying || to->frames >= to->frames_limit ||
        !grant_commit_transfer(to, op->ref, caller, &pfn)) {
        memory_remove(caller, mfn);
        return to ? GNTST_general_error : GNTST_bad_domain;
    }
    memory_hand_over(caller, mfn, to, pfn);
    grant_complete_transfer(to, op->ref, to->translated ? pfn : mfn.n);
    return GNTST_okay;
}

static void transfer_step(struct domain *domain, void *element) {
    struct gnttab_transfer *op = element;

    op->status = transfer(domain, op);
}

int32_t grant_transfer(struct vcpu *vcpu, uint32_t *args) {
    return grant_run_list(vcpu, args, sizeof(struct gnttab_transfer), offsetof(struct gnttab_transfer, status), 1,
                          transfer_step, 0);
}
