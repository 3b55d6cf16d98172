/*
 * gdt.c - frames that hold descriptors, and a vcpu's GDT; see gdt.h.
 */
#include "xen/guest/gdt.h"

#include <xen/errno.h>

#include "xen/domain/domain.h"
#include "xen/domain/mode.h"
#include "xen/domain/physmap.h"
#include "xen/mm/frame.h"
#include "xen/mm/map_cache.h"

#define DESCRIPTORS_IN_PAGE (PAGE_SIZE / 8)

static bool check_all(mfn_t mfn) {
    uint32_t *words = map_frame(mfn);
    bool good = true;

    for (uint32_t i = 0; i < DESCRIPTORS_IN_PAGE && good; i++) {
        uint32_t copy[2] = { words[2 * i], words[2 * i + 1] };

        good = descriptor_check(copy);
        if (good) {
            words[2 * i] = copy[0];
            words[2 * i + 1] = copy[1];
        }
    }
    unmap_frame(words);
    return good;
}

static bool is_base_pointer(const struct domain *domain, mfn_t mfn) {
    for (uint32_t id = 0; id < DOMAIN_VCPUS_MAX; id++) {
        if (domain->vcpu[id] && domain->vcpu[id]->base_pointer.n == mfn.n) {
            return true;
        }
    }
    return false;
}

bool descriptor_frame_get(struct domain *domain, mfn_t mfn, uint32_t type) {
    if (!frame_owned_by(domain->id, mfn) || is_base_pointer(domain, mfn) || (frame_of(mfn)->flags & FRAME_PINNED)) {
        return false;
    }
    if (frame_of(mfn)->type == FRAME_WRITABLE || frame_of(mfn)->type == FRAME_NONE) {
        /*
         * Cached writable mappings and shadows of it go; a guest entry that still asks for a writable one gets a fault
         * from now on.
         */
        domain->mode->frame_released(domain, mfn);
    }
    if (!frame_get_with_type(domain->id, mfn, type)) {
        return false;
    }
    dirty_log_note(domain, mfn); /* the processor writes into it, and check_all */
    if (!(frame_of(mfn)->flags & FRAME_VALIDATED)) {
        if (!check_all(mfn)) {
            frame_put_with_type(mfn);
            return false;
        }
        frame_of(mfn)->flags |= FRAME_VALIDATED;
    }
    return true;
}

static uint32_t pages_of(uint32_t entries) {
    return (entries + DESCRIPTORS_IN_PAGE - 1) / DESCRIPTORS_IN_PAGE;
}

void gdt_release(struct vcpu *vcpu) {
    bool loaded = current_vcpu() == vcpu;

    for (uint32_t page = 0; page < pages_of(vcpu->gdt_entries); page++) {
        domain_area_clear_gdt(&vcpu->domain->area, vcpu->id, page, loaded);
        frame_put_with_type(vcpu->gdt_frames[page]);
    }
    vcpu->gdt_entries = 0;
}

int gdt_set(struct vcpu *vcpu, const uint32_t *frames, uint32_t entries) {
    const struct domain *domain = vcpu->domain;
    uint32_t pages = pages_of(entries), page;
    bool loaded = current_vcpu() == vcpu;

    for (page = 0; page < pages; page++) {
        if (!descriptor_frame_get(vcpu->domain, physmap_frame(domain, frames[page]), FRAME_GDT)) {
            while (page-- > 0) {
                frame_put_with_type(physmap_frame(domain, frames[page]));
            }
            return -XEN_EINVAL;
        }
    }
    gdt_release(vcpu);
    for (page = 0; page < pages; page++) {
        vcpu->gdt_frames[page] = physmap_frame(domain, frames[page]);
        domain_area_set_gdt(&vcpu->domain->area, vcpu->id, page, vcpu->gdt_frames[page], loaded);
    }
    vcpu->gdt_entries = entries;
    return 0;
}
