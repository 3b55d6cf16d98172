/*
 * ldt.c - a vcpu's LDT, shown page by page on demand; see ldt.h.
 */
#include "xen/guest/ldt.h"

#include <xen/errno.h>

#include "xen/cpu/descriptor.h"
#include "xen/domain/domain.h"
#include "xen/domain/mode.h"
#include "xen/guest/gdt.h"
#include "xen/mm/frame.h"
#include "xen/mm/user_copy.h"

#define ENTRIES_MAX 8192
#define ENTRIES_IN_PAGE (PAGE_SIZE / 8)

bool ldt_show_page(struct vcpu *vcpu, uint32_t page) {
    mfn_t mfn;

    if (page * ENTRIES_IN_PAGE >= vcpu->ldt_entries) {
        return false;
    }
    if (domain_area_ldt(&vcpu->domain->area, vcpu->id, page, &mfn)) {
        return true;
    }
    pte_t entry = vcpu->domain->mode->guest_l1e(vcpu->domain, vcpu->ldt_base + page * PAGE_SIZE);

    mfn.n = entry >> PAGE_SHIFT;
    if (!(entry & PTE_P) || !descriptor_frame_get(vcpu->domain, mfn, FRAME_LDT)) {
        return false;
    }
    domain_area_set_ldt(&vcpu->domain->area, vcpu->id, page, mfn, current_vcpu() == vcpu);
    return true;
}

void ldt_forget_pages(struct vcpu *vcpu) {
    for (uint32_t page = 0; page * ENTRIES_IN_PAGE < vcpu->ldt_entries; page++) {
        mfn_t mfn;

        if (domain_area_ldt(&vcpu->domain->area, vcpu->id, page, &mfn)) {
            domain_area_clear_ldt(&vcpu->domain->area, vcpu->id, page, current_vcpu() == vcpu);
            frame_put_with_type(mfn);
        }
    }
}

void ldt_flush(struct vcpu *vcpu, bool one_page, uint32_t linear) {
    if (!one_page || (linear & PAGE_MASK) - vcpu->ldt_base < vcpu->ldt_entries * 8) {
        ldt_forget_pages(vcpu);
    }
}

void ldt_release(struct vcpu *vcpu) {
    ldt_forget_pages(vcpu);
    vcpu->ldt_entries = 0;
    vcpu->ldt_base = 0;
}

int ldt_set(struct vcpu *vcpu, uint32_t base, uint32_t entries) {
    if ((base & (PAGE_SIZE - 1)) != 0 || entries > ENTRIES_MAX || !guest_range_ok(base, entries * 8)) {
        return -XEN_EINVAL;
    }
    if (vcpu->ldt_base == base && vcpu->ldt_entries == entries) {
        return 0;
    }
    ldt_release(vcpu);
    vcpu->ldt_base = base;
    vcpu->ldt_entries = entries;
    if (current_vcpu() == vcpu) {
        descriptor_load_ldt(entries);
    }
    return 0;
}
