/*
 * domctl_build.c - see domctl_build.h.
 */
#define __XEN_TOOLS__ 1
#include "xen/hypercall/domctl_build.h"

#include <xen/errno.h>

#include "shadow/shadow.h"
#include "trace/emit.h"
#include "xen/boot/options.h"
#include "xen/domain/domain.h"
#include "xen/domain/mode.h"
#include "xen/domain/physmap.h"
#include "xen/domain/schedule.h"
#include "xen/domain/time.h"
#include "xen/guest/context.h"
#include "xen/hypercall/foreign.h"
#include "xen/hypercall/page.h"
#include "xen/hypercall/table.h"
#include "xen/lib/string.h"
#include "xen/mm/frame.h"
#include "xen/mm/user_copy.h"

#define POOL_FRAMES 512u /* for its shadows, should it get some */

/* The domain exists: make it one that can be filled. */
static int32_t prepare(struct domain *domain, const struct xen_domctl_createdomain *request) {
    domain->frames_limit = 0;
    domain->shadow_pool_pages = POOL_FRAMES;
    domain->shadow_policy = DOMAIN_SHADOW_POLICY;
    domain->shadow_switches = DOMAIN_SHADOW_SWITCHES;
    domain->mode = mode_by_number(TRACE_MODE_direct);
    memcpy(domain->handle, request->handle, sizeof(domain->handle));
    time_init_domain(domain);
    trace_domain_grant(domain_shared_info_mfn(domain).n, TRACE_ACCESS_write);
    return domain->mode->prepare(domain) == 0 && domain->mode->enter(domain) == 0 ? 0 : -XEN_ENOMEM;
}

int32_t domctl_create(struct xen_domctl *request) {
    const struct xen_domctl_createdomain *create = &request->u.createdomain;
    bool any = request->domain == 0 || request->domain >= DOMID_FIRST_RESERVED;

    if (create->flags != 0 || create->max_vcpus == 0 || create->max_vcpus > DOMAIN_VCPUS_MAX) {
        return -XEN_EINVAL;
    }
    if (!any && domain_by_id(request->domain)) {
        return -XEN_EEXIST;
    }
    uint32_t id = any ? domain_next_id() : request->domain;
    struct domain *domain = domain_create(id, frame_limit, create->max_vcpus, false);

    if (!domain) {
        return -XEN_ENOMEM;
    }
    trace_set_identity(id, 0); /* what is recorded meanwhile is the new domain's */
    int32_t result = prepare(domain, create);

    if (result == 0) {
        trace_sched_dom_add(id, domain->weight, domain->cap);
        domain->paused_by_control = true;
        domain_pause(domain);
        request->domain = (domid_t)id;
    } else {
        modes_dispose(domain);
        domain_free(domain);
    }
    schedule_restore_identity();
    return result;
}

int32_t domctl_limit_memory(struct domain *domain, struct xen_domctl *request) {
    uint64_t frames = request->u.max_mem.max_memkb >> (PAGE_SHIFT - 10);

    if (frames < domain->frames || frames > domain->p2m_size) {
        return -XEN_EINVAL;
    }
    domain->frames_limit = (uint32_t)frames;
    return 0;
}

int32_t domctl_fill_hypercall_page(struct domain *domain, struct xen_domctl *request) {
    uint64_t gmfn = request->u.hypercall_init.gmfn;

    return gmfn < frame_limit && hypercall_page_install(domain, physmap_frame(domain, (uint32_t)gmfn)) ? 0
                                                                                                      : -XEN_EACCES;
}

/* It can run as soon as nobody pauses it. */
static void bring_up(struct vcpu *vcpu) {
    const struct domain *domain = vcpu->domain;

    if (vcpu->id == 0) {
        trace_domain_built(domain->mode->number, domain->frames, vcpu->regs.eip, vcpu->base_pointer.n, domain->translated);
    }
    vcpu_resume(vcpu, VCPU_DOWN);
    time_start(vcpu);
}

int32_t domctl_set_context(struct vcpu *caller, struct domain *domain, struct xen_domctl *request) {
    static struct vcpu_guest_context context; /* too large for the stack */
    struct vcpu *vcpu = domain_vcpu(domain, request->u.vcpucontext.vcpu);
    uint32_t linear = (uint32_t)(uintptr_t)request->u.vcpucontext.ctxt.p;

    if (!vcpu || linear == 0) {
        return -XEN_EINVAL;
    }
    if (vcpu->initialised) {
        return -XEN_EEXIST;
    }
    if (copy_from_guest(&context, linear, sizeof(context)) != 0) {
        return -XEN_EFAULT;
    }
    domain->direct.budget = DIRECT_BUDGET;
    trace_set_identity(domain->id, vcpu->id); /* page tables that are checked now are the other domain's */
    int32_t result = foreign_tables_ready(domain) ? context_set(vcpu, &context) : -XEN_ERESTART;

    if (result == 0 && (context.flags & VGCF_online)) {
        bring_up(vcpu);
    }
    schedule_restore_identity();
    return result == -XEN_ERESTART ? hypercall_preempt(caller) : result;
}
