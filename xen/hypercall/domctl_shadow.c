/*
 * domctl_shadow.c - see domctl_shadow.h.
 */
#define __XEN_TOOLS__ 1
#include "xen/hypercall/domctl_shadow.h"

#include <stdbool.h>

#include <xen/domctl.h>
#include <xen/errno.h>

#include "trace/emit.h"
#include "xen/boot/options.h"
#include "xen/domain/domain.h"
#include "xen/domain/mode.h"
#include "xen/domain/schedule.h"
#include "xen/domain/switch.h"
#include "xen/glue/shadow_pool.h"
#include "xen/glue/shadow_watch.h"
#include "xen/hypercall/table.h"
#include "xen/mm/user_copy.h"
#include "xen/public/penumbra.h"

#define CONTINUED 0x80000000u        /* in op: a call that goes on */
#define HARVESTED 0x80000000u        /* in the cursor: all accessed bits are collected, numbers follow */
#define FRAMES_IN_MB (1u << (20 - PAGE_SHIFT))

/* What is to be done with a range of the domain's numbers. */
struct range {
    struct domain *domain;
    struct xen_domctl_shadow_op *op;
    uint32_t first, count;
    uint32_t bitmap;                 /* guest linear address; 0: nobody wants to know */
    bool sampling, cleaning;
};

/* The rest of it is for the next part. */
static int32_t go_on(const struct range *range, uint32_t cursor) {
    range->op->op |= CONTINUED;
    range->op->stats.fault_count = cursor;
    return hypercall_preempt(current_vcpu());
}

/* The bitmap can be written, or -EFAULT. */
static int32_t clear_bitmap(const struct range *range) {
    static const uint32_t zeros[WATCH_PART / 32];

    for (uint32_t at = 0; range->bitmap != 0 && at < range->count; at += WATCH_PART) {
        uint32_t left = range->count - at;

        if (copy_to_guest(range->bitmap + at / 8, zeros, ((left < WATCH_PART ? left : WATCH_PART) + 7) / 8) != 0) {
            return -XEN_EFAULT;
        }
    }
    return 0;
}

static uint32_t read_numbers(const struct range *range, uint32_t first, uint32_t count, uint32_t *bitmap) {
    if (!range->sampling) {
        return dirty_log_read(range->domain, first, count, bitmap, range->cleaning);
    }
    if (!range->cleaning) {
        return sampling_read(range->domain, first, count, bitmap);
    }
    sampling_forget(range->domain, first, count);
    return 0;
}

static int32_t report(const struct range *range, uint32_t from, uint32_t count) {
    uint32_t bitmap[WATCH_PART / 32], first = range->first + from;
    uint32_t found = read_numbers(range, first, count, bitmap);

    if (range->bitmap != 0 && copy_to_guest(range->bitmap + from / 8, bitmap, (count + 7) / 8) != 0) {
        if (range->cleaning) {
            dirty_log_undo(range->domain, first, count, bitmap);
        }
        return -XEN_EFAULT;
    }
    range->op->stats.dirty_count += found;
    return 0;
}

/* One part. cursor: where to go on. */
static int32_t next_part(const struct range *range, uint32_t cursor) {
    uint32_t from = cursor & ~HARVESTED, count;

    if (range->sampling && !(cursor & HARVESTED)) {
        from = sampling_harvest(range->domain, from);
        return go_on(range, from != 0 ? from : HARVESTED);
    }
    count = from < range->count ? range->count - from : 0;
    count = count < WATCH_PART ? count : WATCH_PART;
    int32_t result = count != 0 ? report(range, from, count) : 0;

    if (result == 0 && from + count < range->count) {
        return go_on(range, (cursor & HARVESTED) | (from + count));
    }
    range->op->stats.fault_count = range->sampling ? 0 : dirty_log_faults(range->domain, range->cleaning);
    return result;
}

static int32_t go_through(const struct range *range, bool continued) {
    if (!continued) {
        range->op->stats = (struct xen_domctl_shadow_op_stats){ 0, 0 };
    }
    int32_t result = continued ? 0 : clear_bitmap(range);

    return result == 0 ? next_part(range, range->op->stats.fault_count) : result;
}

/* All of the domain's numbers from first on, or as many as were asked for, whose bitmap is the caller's. */
static int32_t make_range(struct domain *domain, struct xen_domctl_shadow_op *op, uint32_t first,
                          struct range *range) {
    if (first > domain->p2m_size) {
        return -XEN_EINVAL;
    }
    if (op->pages > domain->p2m_size - first) {
        op->pages = domain->p2m_size - first;
    }
    *range = (struct range){ .domain = domain, .op = op, .first = first, .count = (uint32_t)op->pages,
                             .bitmap = (uint32_t)(uintptr_t)op->dirty_bitmap.p };
    return 0;
}

/* The log begins, and everything is clean. */
static int32_t enable_log(struct domain *domain, struct xen_domctl_shadow_op *op, bool continued) {
    struct range range = { .domain = domain, .op = op, .count = domain->p2m_size, .cleaning = true };
    int32_t result = continued ? domain->dirty_log ? 0 : -XEN_EINVAL : dirty_log_start(domain);

    return result == 0 ? go_through(&range, continued) : result;
}

static int32_t read_log(struct domain *domain, struct xen_domctl_shadow_op *op, bool cleaning, bool continued) {
    struct range range;

    if (!domain->dirty_log || (op->mode & ~(uint32_t)XEN_DOMCTL_SHADOW_LOGDIRTY_FINAL)) {
        return -XEN_EINVAL;
    }
    int32_t result = make_range(domain, op, 0, &range);

    range.cleaning = cleaning;
    return result == 0 ? go_through(&range, continued) : result;
}

static int32_t sample(struct domain *domain, struct xen_domctl_shadow_op *op, bool clearing, bool continued) {
    struct range range;
    int32_t result = make_range(domain, op, op->mode, &range);

    if (result == 0 && !domain->samples) {
        result = clearing && !continued ? sampling_start(domain) : -XEN_EINVAL;
    }
    if (result != 0) {
        return result;
    }
    range.sampling = true;
    range.cleaning = clearing;
    range.bitmap = clearing ? 0 : range.bitmap;
    return go_through(&range, continued);
}

static int32_t switch_mode(struct domain *domain, uint32_t mode) {
    trace_set_identity(domain->id, 0); /* what is recorded meanwhile is the other domain's */
    int32_t result = domain_switch_mode(domain, mode);

    schedule_restore_identity();
    return result;
}

/* The log ends, and the domain stays in shadow mode; without one the mode does. */
static int32_t turn_off(struct domain *domain) {
    if (domain->dirty_log) {
        dirty_log_stop(domain);
        return 0;
    }
    return switch_mode(domain, domain_mode_without_shadow(domain));
}

static int32_t enable(struct domain *domain, struct xen_domctl_shadow_op *op, bool continued) {
    switch (op->mode) {
    case 0:
        return switch_mode(domain, TRACE_MODE_shadow);
    case XEN_DOMCTL_SHADOW_ENABLE_LOG_DIRTY:
        return enable_log(domain, op, continued);
    default:
        return -XEN_EINVAL;
    }
}

static uint32_t megabytes(uint32_t frames) {
    return (frames + FRAMES_IN_MB - 1) / FRAMES_IN_MB;
}

static int32_t set_allocation(struct domain *domain, struct xen_domctl_shadow_op *op) {
    int32_t result = op->mb <= megabytes(DOMAIN_POOL_MAX) ? shadow_pool_resize(domain, op->mb * FRAMES_IN_MB)
                                                          : -XEN_EINVAL;

    op->mb = megabytes(domain->shadow_pool_pages);
    return result;
}

static int32_t stop_sampling(struct domain *domain) {
    if (!domain->samples) {
        return -XEN_EINVAL;
    }
    sampling_stop(domain);
    return 0;
}

/* op says what, without the mark of a call that goes on. */
static int32_t carry_out(struct domain *domain, struct xen_domctl_shadow_op *op, bool continued) {
    switch (op->op) {
    case XEN_DOMCTL_SHADOW_OP_OFF:
        return turn_off(domain);
    case XEN_DOMCTL_SHADOW_OP_ENABLE:
        return enable(domain, op, continued);
    case XEN_DOMCTL_SHADOW_OP_ENABLE_TEST:
        return switch_mode(domain, TRACE_MODE_shadow);
    case XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY:
        return enable_log(domain, op, continued);
    case XEN_DOMCTL_SHADOW_OP_PEEK:
    case XEN_DOMCTL_SHADOW_OP_CLEAN:
        return read_log(domain, op, op->op == XEN_DOMCTL_SHADOW_OP_CLEAN, continued);
    case XEN_DOMCTL_SHADOW_OP_GET_ALLOCATION:
        op->mb = megabytes(domain->shadow_pool_pages);
        return 0;
    case XEN_DOMCTL_SHADOW_OP_SET_ALLOCATION:
        return set_allocation(domain, op);
    case PENUMBRA_SHADOW_OP_SAMPLE_CLEAR:
    case PENUMBRA_SHADOW_OP_SAMPLE_READ:
        return sample(domain, op, op->op == PENUMBRA_SHADOW_OP_SAMPLE_CLEAR, continued);
    case PENUMBRA_SHADOW_OP_SAMPLE_STOP:
        return stop_sampling(domain);
    default:
        return -XEN_EINVAL;
    }
}

int32_t domctl_shadow(struct domain *domain, struct xen_domctl *request) {
    struct xen_domctl_shadow_op *op = &request->u.shadow_op;
    bool continued = (op->op & CONTINUED) != 0;

    op->op &= ~CONTINUED;
    return domain_is_current(domain) ? -XEN_EINVAL : carry_out(domain, op, continued);
}

int32_t domctl_get_pool(struct domain *domain, struct xen_domctl *request) {
    request->u.paging_mempool.size = (uint64_t)domain->shadow_pool_pages << PAGE_SHIFT;
    return 0;
}

int32_t domctl_set_pool(struct domain *domain, struct xen_domctl *request) {
    uint64_t bytes = request->u.paging_mempool.size;

    if (domain_is_current(domain) || bytes % PAGE_SIZE != 0 || bytes > (uint64_t)DOMAIN_POOL_MAX << PAGE_SHIFT) {
        return -XEN_EINVAL;
    }
    return shadow_pool_resize(domain, (uint32_t)(bytes >> PAGE_SHIFT));
}
