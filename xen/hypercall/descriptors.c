/*
 * descriptors.c - hypercalls set_gdt and update_descriptor.
 *
 * Source: <xen/arch-x86/xen.h>; what a descriptor may be: xen/guest/gdt.h.
 */
#include <xen/errno.h>

#include "xen/domain/domain.h"
#include "xen/domain/mode.h"
#include "xen/domain/physmap.h"
#include "xen/guest/gdt.h"
#include "xen/hypercall/table.h"
#include "xen/mm/frame.h"
#include "xen/mm/map_cache.h"
#include "xen/mm/user_copy.h"

#define ENTRIES_IN_PAGE (PAGE_SIZE / 8)

int32_t hypercall_set_gdt(struct vcpu *vcpu, uint32_t *args) {
    uint32_t frames[DOMAIN_AREA_GDT_PAGES], entries = args[1];

    if (entries > FIRST_RESERVED_GDT_ENTRY) {
        return -XEN_EINVAL;
    }
    if (copy_from_guest(frames, args[0], (entries + ENTRIES_IN_PAGE - 1) / ENTRIES_IN_PAGE * sizeof(uint32_t)) != 0) {
        return -XEN_EFAULT;
    }
    return gdt_set(vcpu, frames, entries);
}

int32_t hypercall_update_descriptor(struct vcpu *vcpu, uint32_t *args) {
    struct domain *domain = vcpu->domain;
    uint32_t address = args[0], words[2] = { args[2], args[3] };
    mfn_t mfn = physmap_frame(domain, address >> PAGE_SHIFT);

    if (args[1] != 0 || (address & 7) != 0 || !frame_owned_by(domain->id, mfn) || !descriptor_check(words)) {
        return -XEN_EINVAL;
    }
    enum frame_type type = frame_of(mfn)->type;

    if (type < FRAME_LDT) {
        type = FRAME_WRITABLE;
    }
    if (!frame_get_with_type(domain->id, mfn, type)) {
        return -XEN_EINVAL;
    }
    uint32_t *page = map_frame(mfn);

    page[address % PAGE_SIZE / 4] = words[0];
    page[address % PAGE_SIZE / 4 + 1] = words[1];
    unmap_frame(page);
    if (type == FRAME_WRITABLE) {
        domain->mode->frame_written(domain, mfn); /* it might be a page table as well */
    }
    frame_put_with_type(mfn);
    return 0;
}
