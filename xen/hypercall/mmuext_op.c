/*
 * mmuext_op.c - hypercall mmuext_op: base pointer, flushes, pins, LDT, whole pages.
 *
 * Source: "MMU EXTENDED OPERATIONS" in <xen/xen.h>; errors as Xen 3.x: -ESRCH foreign domain, -EFAULT list, -ENOSYS
 * command, -EINVAL the rest.
 */
#include <xen/errno.h>

#include "trace/emit.h"
#include "xen/cpu/io.h"
#include "xen/domain/domain.h"
#include "xen/domain/mode.h"
#include "xen/domain/physmap.h"
#include "xen/domain/schedule.h"
#include "xen/guest/base_pointer.h"
#include "xen/guest/ldt.h"
#include "xen/hypercall/batch.h"
#include "xen/hypercall/flush.h"
#include "xen/hypercall/foreign.h"
#include "xen/hypercall/table.h"
#include "xen/lib/string.h"
#include "xen/mm/frame.h"
#include "xen/mm/map_cache.h"
#include "xen/mm/user_copy.h"

/* vcpu: the caller. domain: it, or another one. number: the frame, as that one names it. */
static __attribute__((noinline)) int32_t pin(struct vcpu *vcpu, struct domain *domain, uint32_t number, uint32_t level) {
    int result = domain->mode->pin(domain, physmap_frame(domain, number), level);

    return result == -XEN_ERESTART ? hypercall_preempt(vcpu) : result;
}

static __attribute__((noinline)) int32_t unpin(struct domain *domain, uint32_t number) {
    return domain->mode->unpin(domain, physmap_frame(domain, number));
}

/* Write a whole frame of the domain: zeros, or the contents of another one. */
static __attribute__((noinline)) int32_t write_page(struct domain *domain, uint32_t number, bool copy, uint32_t from_number) {
    mfn_t to = physmap_frame(domain, number), from = physmap_frame(domain, from_number);

    if ((copy && !frame_owned_by(domain->id, from)) || !frame_get_with_type(domain->id, to, FRAME_WRITABLE)) {
        return -XEN_EINVAL;
    }
    void *page = map_frame(to);

    if (copy) {
        const void *source = map_frame(from);

        memmove(page, source, PAGE_SIZE);
        unmap_frame(source);
    } else {
        memset(page, 0, PAGE_SIZE);
    }
    unmap_frame(page);
    domain->mode->frame_written(domain, to);
    frame_put_with_type(to);
    return 0;
}

/* Of interest to a domain that owns devices. */
static int32_t flush_cache(const struct domain *domain) {
    if (!domain->privileged) {
        return -XEN_EINVAL;
    }
    cpu_write_back_caches();
    return 0;
}

/* As Xen 3.x, which says -EINVAL here and -EFAULT in update_va_mapping. */
static int32_t flush_masked(struct vcpu *vcpu, uint32_t mask_linear, bool one_page, uint32_t linear, uint32_t cause) {
    return flush_vcpus_at(vcpu, mask_linear, one_page, linear, cause) == 0 ? 0 : -XEN_EINVAL;
}

/* domain: whose the frames are. */
static int32_t execute(struct vcpu *vcpu, struct domain *domain, const struct mmuext_op *op) {
    uint32_t number = (uint32_t)op->arg1.mfn, linear = op->arg1.linear_addr, mask_linear = (uint32_t)op->arg2.vcpumask.p;

    switch (op->cmd) {
    case MMUEXT_PIN_L1_TABLE:
        return pin(vcpu, domain, number, 1);
    case MMUEXT_PIN_L2_TABLE:
        return pin(vcpu, domain, number, 2);
    case MMUEXT_PIN_L3_TABLE:
    case MMUEXT_PIN_L4_TABLE:
        return 0; /* levels that this geometry does not have are passed over, as Xen does */
    case MMUEXT_UNPIN_TABLE:
        return unpin(domain, number);
    case MMUEXT_NEW_BASEPTR:
        return base_pointer_set(vcpu, (gfn_t){ number }, TRACE_CAUSE_base_pointer_switch);
    case MMUEXT_TLB_FLUSH_LOCAL:
        flush_vcpus(vcpu, 1u << vcpu->id, false, 0, TRACE_CAUSE_mmuext_tlb_flush_local);
        return 0;
    case MMUEXT_INVLPG_LOCAL:
        flush_vcpus(vcpu, 1u << vcpu->id, true, linear, TRACE_CAUSE_mmuext_invlpg_local);
        return 0;
    case MMUEXT_TLB_FLUSH_MULTI:
        return flush_masked(vcpu, mask_linear, false, 0, TRACE_CAUSE_mmuext_tlb_flush_multi);
    case MMUEXT_INVLPG_MULTI:
        return flush_masked(vcpu, mask_linear, true, linear, TRACE_CAUSE_mmuext_invlpg_multi);
    case MMUEXT_TLB_FLUSH_ALL:
        flush_vcpus(vcpu, FLUSH_ALL_VCPUS, false, 0, TRACE_CAUSE_mmuext_tlb_flush_all);
        return 0;
    case MMUEXT_INVLPG_ALL:
        flush_vcpus(vcpu, FLUSH_ALL_VCPUS, true, linear, TRACE_CAUSE_mmuext_invlpg_all);
        return 0;
    case MMUEXT_FLUSH_CACHE:
    case MMUEXT_FLUSH_CACHE_GLOBAL:
        return flush_cache(vcpu->domain);
    case MMUEXT_SET_LDT:
        return ldt_set(vcpu, linear, op->arg2.nr_ents);
    case MMUEXT_CLEAR_PAGE:
        return write_page(domain, number, false, number);
    case MMUEXT_COPY_PAGE:
        return write_page(domain, number, true, (uint32_t)op->arg2.src_mfn);
    default:
        return -XEN_ENOSYS;
    }
}

static __attribute__((noinline)) int32_t step(struct vcpu *vcpu, uint32_t linear, uint32_t foreign) {
    struct mmuext_op op;

    (void)foreign;
    if (copy_from_guest(&op, linear, sizeof(op)) != 0) {
        return -XEN_EFAULT;
    }
    return execute(vcpu, vcpu->domain, &op);
}

static __attribute__((noinline)) int32_t run_list(struct vcpu *vcpu, uint32_t *args) {
    return batch_run(vcpu, args, sizeof(struct mmuext_op), step);
}

/* What such an operation names is a frame; the others concern the caller itself. */
static bool names_frame(uint32_t command) {
    return command == MMUEXT_PIN_L1_TABLE || command == MMUEXT_PIN_L2_TABLE || command == MMUEXT_UNPIN_TABLE ||
           command == MMUEXT_CLEAR_PAGE || command == MMUEXT_COPY_PAGE;
}

/*
 * A frame is another domain's, or, of DOMID_IO, I/O memory, which can be none of that. What concerns the caller is done
 * for it whomever it names, as in Xen 3.x.
 */
static int32_t step_foreign(struct vcpu *vcpu, uint32_t linear, uint32_t foreign) {
    struct domain *other = domain_by_id(foreign);
    struct mmuext_op op;

    if (other && !foreign_tables_ready(other)) {
        return hypercall_preempt(vcpu);
    }
    if (copy_from_guest(&op, linear, sizeof(op)) != 0) {
        return -XEN_EFAULT;
    }
    if (!names_frame(op.cmd)) {
        return execute(vcpu, vcpu->domain, &op);
    }
    if (!other) {
        return -XEN_EINVAL;
    }
    trace_set_identity(foreign, 0); /* what is recorded meanwhile is the other domain's */
    int32_t result = execute(vcpu, other, &op);

    schedule_restore_identity();
    direct_spend(&other->direct, BATCH_REQUEST_ENTRIES);
    return result;
}

/* A privileged domain's, for another one; anybody's for DOMID_IO. */
static __attribute__((cold, noinline)) int32_t run_foreign(struct vcpu *vcpu, uint32_t *args) {
    struct domain *other = foreign_domain(vcpu->domain, args[BATCH_FOREIGN]);

    if (other) {
        other->direct.budget = DIRECT_BUDGET;
    } else if (args[BATCH_FOREIGN] != DOMID_IO) {
        return -XEN_ESRCH;
    }
    return batch_run(vcpu, args, sizeof(struct mmuext_op), step_foreign);
}

/* One operation and nothing to report is how a kernel switches spaces and flushes: a short way for that. */
int32_t hypercall_mmuext_op(struct vcpu *vcpu, uint32_t *args) {
    if (args[BATCH_FOREIGN] != DOMID_SELF) {
        return run_foreign(vcpu, args);
    }
    return args[BATCH_COUNT] == 1 && args[BATCH_DONE] == 0 ? step(vcpu, args[BATCH_LIST], args[BATCH_FOREIGN])
                                                           : run_list(vcpu, args);
}
