/*
 * privop_cr.c - mov to and from control registers for a guest kernel; see privop.h.
 *
 * As in Xen 3.x: CR0 shows the guest's TS and only TS may change; CR3 is the guest's page directory; CR4 shows the
 * hardware's without PSE and may not change, but for PGE, which is the guest's own where it may have global pages.
 */
#include <xen/xen.h>

#include "trace/emit.h"
#include "xen/cpu/io.h"
#include "xen/domain/domain.h"
#include "xen/domain/physmap.h"
#include "xen/guest/base_pointer.h"
#include "xen/guest/fpu.h"
#include "xen/guest/privop.h"
#include "xen/hypercall/flush.h"

#define CR0_TS 8u
#define CR4_PSE 0x10u
#define CR4_PGE 0x80u

static uint32_t guest_cr0(const struct vcpu *vcpu) {
    return (read_cr0() & ~CR0_TS) | (vcpu->task_switched ? CR0_TS : 0);
}

static uint32_t guest_cr4(const struct domain *domain) {
    return (read_cr4() & ~(CR4_PSE | CR4_PGE)) | (domain->global_pages ? CR4_PGE : 0);
}

bool privop_mov_from_cr(struct privop *op) {
    uint32_t number, *to;

    if (!privop_fetch_register(op, &number, &to)) {
        return false;
    }
    switch (number) {
    case 0:
        *to = guest_cr0(op->vcpu);
        return true;
    case 2:
        *to = op->vcpu->info->arch.cr2;
        return true;
    case 3:
        *to = xen_pfn_to_cr3(physmap_number(op->vcpu->domain, op->vcpu->base_pointer));
        return true;
    case 4:
        *to = guest_cr4(op->vcpu->domain);
        return true;
    default:
        return false;
    }
}

static bool set_cr0(struct vcpu *vcpu, uint32_t value) {
    if ((value ^ guest_cr0(vcpu)) & ~CR0_TS) {
        return false;
    }
    fpu_set_task_switched(vcpu, (value & CR0_TS) != 0);
    return true;
}

/* A change of PGE forgets everything, as on hardware. */
static bool set_cr4(struct vcpu *vcpu, uint32_t value) {
    struct domain *domain = vcpu->domain;
    uint32_t changed = value ^ guest_cr4(domain);

    if (changed == 0) {
        return true;
    }
    if (changed != CR4_PGE || (!domain->global_pages && !domain_may_have_global_pages(domain))) {
        return false;
    }
    domain_set_global_pages(domain, !domain->global_pages);
    flush_here(vcpu, false, 0, TRACE_CAUSE_guest_control_register);
    return true;
}

bool privop_mov_to_cr(struct privop *op) {
    uint32_t number, *from;

    if (!privop_fetch_register(op, &number, &from)) {
        return false;
    }
    switch (number) {
    case 0:
        return set_cr0(op->vcpu, *from);
    case 2:
        op->vcpu->info->arch.cr2 = *from;
        return true;
    case 3:
        return base_pointer_set(op->vcpu, (gfn_t){ xen_cr3_to_pfn(*from) }, TRACE_CAUSE_guest_mov_cr3) == 0;
    case 4:
        return set_cr4(op->vcpu, *from);
    default:
        return false;
    }
}
