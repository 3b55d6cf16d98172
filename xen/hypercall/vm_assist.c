/*
 * vm_assist.c - hypercall vm_assist: Xen's assists, and Penumbra's types (xen/public/penumbra.h).
 *
 * Three assists together say which paging mode the domain is in: shadow page tables when they are enabled; otherwise
 * writable page tables when those are, else direct ones. In shadow mode writable_pagetables is remembered and counts
 * when shadow is disabled. A change of mode that is refused leaves the assist as it was.
 */
#include <xen/errno.h>

#include "shadow/shadow.h"
#include "trace/emit.h"
#include "xen/domain/domain.h"
#include "xen/domain/mode.h"
#include "xen/domain/switch.h"
#include "xen/hypercall/table.h"
#include "xen/public/penumbra.h"

#define LAST_TYPE VMASST_TYPE_pae_extended_cr3 /* MAX_VMASST_TYPE of Xen 3.x */

static int32_t set_shadow(struct domain *domain, bool enable) {
    return domain_switch_mode(domain, enable ? TRACE_MODE_shadow : domain_mode_without_shadow(domain));
}

static int32_t set_assist(struct domain *domain, uint32_t type, bool enable) {
    uint32_t before = domain->assists;
    int32_t result = 0;

    domain->assists = enable ? before | 1u << type : before & ~(1u << type);
    if (type == VMASST_TYPE_writable_pagetables && domain->mode->number != TRACE_MODE_shadow) {
        result = domain_switch_mode(domain, domain_mode_without_shadow(domain));
    }
    if (result != 0) {
        domain->assists = before;
    }
    return result;
}

/* A policy that is disabled gives way to emulation. */
static int32_t set_shadow_policy(struct domain *domain, uint32_t policy, bool enable) {
    if (enable) {
        domain->shadow_policy = policy;
    } else if (domain->shadow_policy == policy) {
        domain->shadow_policy = SHADOW_EMULATE;
    }
    mode_policy_changed(domain);
    return 0;
}

static int32_t set_shadow_switch(struct domain *domain, uint32_t bit, bool enable) {
    domain->shadow_switches = enable ? domain->shadow_switches | bit : domain->shadow_switches & ~bit;
    mode_policy_changed(domain);
    return 0;
}

/* Penumbra's types follow each other. */
static bool is_ours(uint32_t type) {
    return type - PENUMBRA_VMASST_TYPE_shadow_pagetables <=
           PENUMBRA_VMASST_TYPE_shadow_superpages - PENUMBRA_VMASST_TYPE_shadow_pagetables;
}

int32_t hypercall_vm_assist(struct vcpu *vcpu, uint32_t *args) {
    uint32_t command = args[0], type = args[1];

    if (type > LAST_TYPE && !is_ours(type)) {
        return -XEN_EINVAL;
    }
    if (command != VMASST_CMD_enable && command != VMASST_CMD_disable) {
        return -XEN_ENOSYS;
    }
    bool enable = command == VMASST_CMD_enable;

    switch (type) {
    case PENUMBRA_VMASST_TYPE_shadow_pagetables:
        return set_shadow(vcpu->domain, enable);
    case PENUMBRA_VMASST_TYPE_writable_emulate:
        vcpu->domain->direct.emulate = enable;
        return 0;
    case PENUMBRA_VMASST_TYPE_shadow_oos:
        return set_shadow_policy(vcpu->domain, SHADOW_OOS, enable);
    case PENUMBRA_VMASST_TYPE_shadow_brute:
        return set_shadow_policy(vcpu->domain, SHADOW_BRUTE, enable);
    case PENUMBRA_VMASST_TYPE_shadow_announce:
        return set_shadow_policy(vcpu->domain, SHADOW_ANNOUNCE, enable);
    case PENUMBRA_VMASST_TYPE_shadow_prefetch:
        return set_shadow_switch(vcpu->domain, SHADOW_SWITCH_PREFETCH, enable);
    case PENUMBRA_VMASST_TYPE_shadow_root_cache:
        return set_shadow_switch(vcpu->domain, SHADOW_SWITCH_ROOT_CACHE, enable);
    case PENUMBRA_VMASST_TYPE_shadow_flood:
        return set_shadow_switch(vcpu->domain, SHADOW_SWITCH_FLOOD, enable);
    case PENUMBRA_VMASST_TYPE_shadow_global:
        return set_shadow_switch(vcpu->domain, SHADOW_SWITCH_GLOBAL, enable);
    case PENUMBRA_VMASST_TYPE_shadow_superpages:
        return set_shadow_switch(vcpu->domain, SHADOW_SWITCH_SUPERPAGES, enable);
    default:
        return set_assist(vcpu->domain, type, enable);
    }
}
