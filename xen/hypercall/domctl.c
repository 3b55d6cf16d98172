/*
 * domctl.c - hypercall domctl: the privileged domain looks after the others.
 *
 * Each operation takes the one structure of <xen/domctl.h>, copied in, worked on, and copied out when it has results.
 * The interface's version is that of the header that the hypervisor was built with. A domain that is dying is not there
 * any more, but for getdomaininfo.
 * Source: <xen/domctl.h>; errors as Xen 3.1, where that had the operation.
 */
#define __XEN_TOOLS__ 1
#include <stdint.h>

#include <xen/domctl.h>
#include <xen/errno.h>

#include "trace/emit.h"
#include "xen/domain/domain.h"
#include "xen/domain/end.h"
#include "xen/domain/schedule.h"
#include "xen/domain/time.h"
#include "xen/guest/context.h"
#include "xen/hypercall/domain_info.h"
#include "xen/hypercall/domctl_build.h"
#include "xen/hypercall/domctl_shadow.h"
#include "xen/hypercall/table.h"
#include "xen/lib/string.h"
#include "xen/mm/user_copy.h"

#define CAP_UNCHANGED UINT16_MAX

static int32_t pause_domain(struct domain *domain, struct xen_domctl *request) {
    (void)request;
    if (domain_is_current(domain)) {
        return -XEN_EINVAL;
    }
    if (!domain->paused_by_control) {
        domain->paused_by_control = true;
        domain_pause(domain);
    }
    return 0;
}

static int32_t unpause_domain(struct domain *domain, struct xen_domctl *request) {
    (void)request;
    if (domain->paused_by_control) {
        domain->paused_by_control = false;
        domain_unpause(domain);
    }
    return 0;
}

/* It is gone when getdomaininfo does not find it any more; VIRQ_DOM_EXC tells. */
static int32_t destroy_domain(struct domain *domain, struct xen_domctl *request) {
    (void)request;
    if (domain_is_current(domain)) {
        return -XEN_EINVAL;
    }
    domain_destroy(domain);
    return 0;
}

/* Of the domain that was named, or the next one there is. */
static int32_t get_domain_info(struct domain *caller, struct xen_domctl *request) {
    const struct domain *domain = domain_from(request->domain == DOMID_SELF ? caller->id : request->domain);

    if (!domain) {
        return -XEN_ESRCH;
    }
    domain_info(domain, &request->u.getdomaininfo);
    request->domain = request->u.getdomaininfo.domain;
    return 0;
}

/* -EINVAL: no number of a vcpu; -ESRCH: the domain has no such vcpu. */
static int32_t find_vcpu(const struct domain *domain, uint32_t id, struct vcpu **vcpu) {
    if (id >= XEN_LEGACY_MAX_VCPUS) {
        return -XEN_EINVAL;
    }
    *vcpu = domain_vcpu(domain, id);
    return *vcpu ? 0 : -XEN_ESRCH;
}

static int32_t get_vcpu_info(struct domain *domain, struct xen_domctl *request) {
    struct xen_domctl_getvcpuinfo *info = &request->u.getvcpuinfo;
    struct vcpu_runstate_info runstate;
    struct vcpu *vcpu;
    int32_t result = find_vcpu(domain, info->vcpu, &vcpu);

    if (result != 0) {
        return result;
    }
    time_get_runstate(vcpu, &runstate);
    info->online = !(vcpu->state & VCPU_DOWN);
    info->blocked = (vcpu->state & (VCPU_BLOCKED | VCPU_POLLING)) != 0;
    info->running = this_cpu()->running == vcpu;
    info->cpu_time = runstate.time[RUNSTATE_running];
    info->cpu = 0;
    return 0;
}

static int32_t get_vcpu_context(struct domain *domain, struct xen_domctl *request) {
    static struct vcpu_guest_context context; /* too large for the stack */
    struct vcpu *vcpu;
    int32_t result = find_vcpu(domain, request->u.vcpucontext.vcpu, &vcpu);

    if (result != 0) {
        return result;
    }
    if (!vcpu->initialised) {
        return -XEN_ENODATA;
    }
    context_get(vcpu, &context);
    return copy_to_guest((uint32_t)(uintptr_t)request->u.vcpucontext.ctxt.p, &context, sizeof(context)) == 0
               ? 0 : -XEN_EFAULT;
}

/* The domain has as many as it was made with. */
static int32_t check_vcpus(struct domain *domain, struct xen_domctl *request) {
    uint32_t count = 0;

    while (count < DOMAIN_VCPUS_MAX && domain->vcpu[count]) {
        count++;
    }
    return request->u.max_vcpus.max == count ? 0 : -XEN_EINVAL;
}

/* Weight and cap. What is 0, or CAP_UNCHANGED, stays. */
static int32_t schedule_domain(struct domain *domain, struct xen_domctl *request) {
    struct xen_domctl_sched_credit *credit = &request->u.scheduler_op.u.credit;

    if (request->u.scheduler_op.sched_id != XEN_SCHEDULER_CREDIT) {
        return -XEN_EINVAL;
    }
    switch (request->u.scheduler_op.cmd) {
    case XEN_DOMCTL_SCHEDOP_getinfo:
        credit->weight = (uint16_t)domain->weight;
        credit->cap = (uint16_t)domain->cap;
        return 0;
    case XEN_DOMCTL_SCHEDOP_putinfo:
        if (credit->weight != 0) {
            domain->weight = credit->weight;
        }
        if (credit->cap != CAP_UNCHANGED) {
            domain->cap = credit->cap;
        }
        return 0;
    default:
        return -XEN_EINVAL;
    }
}

static int32_t set_handle(struct domain *domain, struct xen_domctl *request) {
    memcpy(domain->handle, request->u.setdomainhandle.handle, sizeof(domain->handle));
    return 0;
}

static int32_t send_trigger(struct domain *domain, struct xen_domctl *request) {
    struct vcpu *vcpu;
    int32_t result = find_vcpu(domain, request->u.sendtrigger.vcpu, &vcpu);

    if (result != 0) {
        return result;
    }
    if (request->u.sendtrigger.trigger != XEN_DOMCTL_SENDTRIGGER_NMI) {
        return -XEN_ENOSYS;
    }
    vcpu_send_nmi(vcpu);
    return 0;
}

static const struct operation {
    int32_t (*carry_out)(struct domain *domain, struct xen_domctl *request);
    bool has_results;
} operations[] = {
    [XEN_DOMCTL_destroydomain] = { destroy_domain, false },
    [XEN_DOMCTL_pausedomain] = { pause_domain, false },
    [XEN_DOMCTL_unpausedomain] = { unpause_domain, false },
    [XEN_DOMCTL_shadow_op] = { domctl_shadow, true },
    [XEN_DOMCTL_max_mem] = { domctl_limit_memory, false },
    [XEN_DOMCTL_getvcpucontext] = { get_vcpu_context, false },
    [XEN_DOMCTL_getvcpuinfo] = { get_vcpu_info, true },
    [XEN_DOMCTL_hypercall_init] = { domctl_fill_hypercall_page, false },
    [XEN_DOMCTL_max_vcpus] = { check_vcpus, false },
    [XEN_DOMCTL_scheduler_op] = { schedule_domain, true },
    [XEN_DOMCTL_setdomainhandle] = { set_handle, false },
    [XEN_DOMCTL_sendtrigger] = { send_trigger, false },
    [XEN_DOMCTL_get_paging_mempool_size] = { domctl_get_pool, true },
    [XEN_DOMCTL_set_paging_mempool_size] = { domctl_set_pool, false },
};

static bool is_known(uint32_t command) {
    return command < sizeof(operations) / sizeof(operations[0]) && operations[command].carry_out;
}

/* *has_results: what is done leaves some in request. */
static int32_t execute(struct vcpu *caller, struct xen_domctl *request, bool *has_results) {
    *has_results = true;
    switch (request->cmd) {
    case XEN_DOMCTL_createdomain:
        return domctl_create(request);
    case XEN_DOMCTL_getdomaininfo:
        return get_domain_info(caller->domain, request);
    case XEN_DOMCTL_setvcpucontext:
        break;
    default:
        if (!is_known(request->cmd)) {
            return -XEN_ENOSYS;
        }
    }
    struct domain *domain = domain_by_id(request->domain);

    if (!domain || domain->dying) {
        return -XEN_ESRCH;
    }
    if (request->cmd == XEN_DOMCTL_setvcpucontext) {
        *has_results = false;
        return domctl_set_context(caller, domain, request);
    }
    *has_results = operations[request->cmd].has_results;
    return operations[request->cmd].carry_out(domain, request);
}

int32_t hypercall_domctl(struct vcpu *vcpu, uint32_t *args) {
    struct xen_domctl request;
    bool has_results;

    if (!vcpu->domain->privileged) {
        return -XEN_EPERM;
    }
    if (copy_from_guest(&request, args[0], sizeof(request)) != 0) {
        return -XEN_EFAULT;
    }
    if (request.interface_version != XEN_DOMCTL_INTERFACE_VERSION) {
        return -XEN_EACCES;
    }
    if (request.cmd == XEN_DOMCTL_shadow_op && copy_to_guest(args[0], &request, sizeof(request)) != 0) {
        return -XEN_EFAULT; /* what is done in parts must be able to say how far it came */
    }
    int32_t result = execute(vcpu, &request, &has_results);

    if ((result == 0 || vcpu->preempted) && has_results &&
        copy_to_guest(args[0], &request, sizeof(request)) != 0) {
        vcpu->preempted = false; /* it could not go on from where it is */
        result = -XEN_EFAULT;
    }
    return result;
}
