/*
 * segment.c - reading the guest's descriptors; see segment.h.
 *
 * The tables are read where the processor reads them, in the per-domain area: the guest cannot write those pages while
 * they are shown there.
 */
#include "xen/guest/segment.h"

#include "xen/guest/ldt.h"
#include "xen/mm/layout.h"

#define SELECTOR_LDT_BIT 4u
#define GDT_BYTES ((DOMAIN_AREA_GDT_PAGES + 1) * PAGE_SIZE)

static const uint32_t *descriptor_at(const struct vcpu *vcpu, uint32_t selector) {
    uint32_t offset = selector & 0xfff8;

    if (selector & SELECTOR_LDT_BIT) {
        if (offset / 8 >= vcpu->ldt_entries || !ldt_show_page(current_vcpu(), offset >> PAGE_SHIFT)) {
            return 0;
        }
        return (const uint32_t *)(LAYOUT_LDT(vcpu->id) + offset);
    }
    return offset != 0 && offset < GDT_BYTES ? (const uint32_t *)(LAYOUT_GDT(vcpu->id) + offset) : 0;
}

uint32_t *segment_own_descriptor(const struct vcpu *vcpu, uint32_t selector) {
    bool own = (selector & SELECTOR_LDT_BIT) || (selector & 0xfff8) / 8 < vcpu->gdt_entries;

    return own ? (uint32_t *)descriptor_at(vcpu, selector) : 0;
}

bool segment_find(const struct vcpu *vcpu, uint32_t selector, struct segment *segment) {
    const uint32_t *words = descriptor_at(vcpu, selector);

    if (!words || !(words[1] & 1u << 15)) {
        return false;
    }
    uint32_t low = words[0], high = words[1], limit = (low & 0xffff) | (high & 0xf0000);

    segment->base = low >> 16 | (high & 0xff) << 16 | (high & 0xff000000);
    segment->limit = high & 1u << 23 ? limit << 12 | 0xfff : limit;
    segment->level = high >> 13 & 3;
    segment->system = !(high & 1u << 12);
    segment->code = high & 1u << 11;
    segment->writable = !segment->code && (high & 1u << 9);
    segment->expand_down = !segment->code && (high & 1u << 10);
    segment->big = high & 1u << 22;
    return true;
}

bool segment_stack_address(const struct vcpu *vcpu, uint32_t selector, uint32_t offset, uint32_t length,
                           uint32_t *linear) {
    struct segment segment;
    uint32_t last = offset + length - 1;

    if (__builtin_expect(selector == FLAT_RING1_SS, 1)) {
        *linear = offset; /* flat; the copy itself is checked against the hypervisor's addresses */
        return last >= offset;
    }
    if (!segment_find(vcpu, selector, &segment) || segment.system || !segment.writable || segment.level != 1 ||
        last < offset) {
        return false;
    }
    if (segment.expand_down ? offset <= segment.limit || (!segment.big && last > 0xffff) : last > segment.limit) {
        return false;
    }
    *linear = segment.base + offset;
    return true;
}
