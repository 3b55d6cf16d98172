/*
 * domain_info.c - see domain_info.h.
 */
#define __XEN_TOOLS__ 1
#include "xen/hypercall/domain_info.h"

#include "trace/emit.h"
#include "xen/domain/domain.h"
#include "xen/domain/physmap.h"
#include "xen/domain/time.h"
#include "xen/lib/string.h"

#define ADDRESS_BITS 32

struct domain *domain_from(uint32_t id) {
    struct domain *found = 0;

    for (struct domain *domain = domain_list; domain; domain = domain->next) {
        if (domain->id >= id && (!found || domain->id < found->id)) {
            found = domain;
        }
    }
    return found;
}

/* A domain is blocked when all vcpus that are up are, and running when one of them is. */
static void add_vcpu(const struct vcpu *vcpu, struct xen_domctl_getdomaininfo *info) {
    struct vcpu_runstate_info runstate;

    time_get_runstate((struct vcpu *)(uintptr_t)vcpu, &runstate);
    info->cpu_time += runstate.time[RUNSTATE_running];
    info->max_vcpu_id = vcpu->id;
    if (vcpu->state & VCPU_DOWN) {
        return;
    }
    info->nr_online_vcpus++;
    if (!(vcpu->state & (VCPU_BLOCKED | VCPU_POLLING))) {
        info->flags &= ~XEN_DOMINF_blocked;
    }
    if (this_cpu()->running == vcpu) {
        info->flags |= XEN_DOMINF_running;
    }
}

void domain_info(const struct domain *domain, struct xen_domctl_getdomaininfo *info) {
    memset(info, 0, sizeof(*info));
    info->domain = (domid_t)domain->id;
    info->flags = XEN_DOMINF_blocked;
    info->max_vcpu_id = XEN_INVALID_MAX_VCPU_ID;
    for (uint32_t id = 0; id < DOMAIN_VCPUS_MAX; id++) {
        if (domain->vcpu[id]) {
            add_vcpu(domain->vcpu[id], info);
        }
    }
    info->flags |= (domain->dying ? XEN_DOMINF_dying : 0) | (domain->paused_by_control ? XEN_DOMINF_paused : 0);
    if (domain->ended && domain->end_reason != TRACE_END_REASON_destroyed) {
        info->flags |= XEN_DOMINF_shutdown | domain->shutdown_code << XEN_DOMINF_shutdownshift;
    }
    info->tot_pages = domain->frames;
    info->max_pages = domain->frames_limit;
    info->shared_info_frame = physmap_number(domain, domain_shared_info_mfn(domain));
    info->gpaddr_bits = ADDRESS_BITS;
    memcpy(info->handle, domain->handle, sizeof(info->handle));
}
