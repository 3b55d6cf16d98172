/*
 * shadow_port.c - what the shadow engine asks of its host (shadow/port.h), answered by the hypervisor.
 *
 * A mapping holds one reference to its frame, and type FRAME_WRITABLE when it is writable: so a frame that is in a
 * descriptor table can never be mapped writable. Which frames that are not the domain's it may map, foreign.h says.
 */
#include "shadow/port.h"

#include "trace/emit.h"
#include "xen/domain/domain.h"
#include "xen/domain/end.h"
#include "xen/domain/foreign.h"
#include "xen/domain/memory.h"
#include "xen/domain/physmap.h"
#include "xen/glue/shadow_tlb.h"
#include "xen/guest/segment.h"
#include "xen/lib/panic.h"
#include "xen/mm/frame.h"
#include "xen/mm/heap.h"
#include "xen/mm/map_cache.h"
#include "xen/mm/tlb.h"

void *shadow_port_map(mfn_t mfn) {
    return map_frame(mfn);
}

void shadow_port_unmap(const void *pointer) {
    unmap_frame(pointer);
}

void *shadow_port_pool_pointer(smfn_t smfn) {
    return pointer_of_physical(smfn.n << PAGE_SHIFT);
}

bool shadow_port_frame_of(struct domain *domain, gfn_t gfn, mfn_t *mfn) {
    *mfn = physmap_frame(domain, gfn.n);
    return mfn->n != MFN_NONE;
}

bool shadow_port_superframe_of(struct domain *domain, gfn_t first, mfn_t *mfn) {
    bool found = shadow_port_frame_of(domain, first, mfn) && mfn->n % SUPERPAGE_FRAMES == 0;
    mfn_t next;

    if (first.n + SUPERPAGE_FRAMES <= domain->plain_numbers) {
        return found; /* machine frames */
    }
    for (uint32_t i = 1; i < SUPERPAGE_FRAMES && found; i++) {
        found = shadow_port_frame_of(domain, (gfn_t){ first.n + i }, &next) && next.n == mfn->n + i;
    }
    return found;
}

static inline bool get_from(uint32_t owner, mfn_t mfn, bool writable) {
    return writable ? frame_get_with_type(owner, mfn, FRAME_WRITABLE) : frame_get(owner, mfn);
}

bool shadow_port_get_frame(struct domain *domain, mfn_t mfn, bool writable) {
    return get_from(domain->id, mfn, writable) || foreign_get(domain, mfn, writable);
}

void shadow_port_put_frame(struct domain *domain, mfn_t mfn, bool writable) {
    if (__builtin_expect(frame_of(mfn)->owner != domain->id, 0)) {
        foreign_put(domain, mfn, writable);
    } else if (writable) {
        frame_put_with_type(mfn);
    } else {
        frame_put(mfn);
    }
}

/* Called when no shadow entry is writable: what is left of a type is somebody else's. */
bool shadow_port_written_by_others(struct domain *domain, mfn_t mfn) {
    (void)domain;
    return frame_of(mfn)->type_count != 0;
}

bool shadow_port_owns(struct domain *domain, mfn_t mfn) {
    return memory_may_be_table(domain, mfn);
}

void shadow_port_init_root(struct domain *domain, pte_t *root) {
    layout_init_root(root, &domain->area);
}

bool shadow_port_root_loaded(struct domain *domain, smfn_t root) {
    (void)domain;
    return tlb_loaded_root().n == root.n;
}

void shadow_port_flush(struct domain *domain, uint32_t linear, uint32_t pages, uint32_t cause) {
    const struct vcpu *vcpu = current_vcpu();

    /* No CPU has a root of it loaded, not yet when it is about to run: the load to come forgets all there is. */
    if (!vcpu || vcpu->domain != domain || vcpu->root.n != tlb_loaded_root().n) {
        return;
    }
    if (pages == 1) {
        tlb_flush_page(linear, pages, cause);
    } else {
        shadow_tlb_flush(domain, cause);
    }
}

bool shadow_port_segment(struct domain *domain, uint32_t selector, struct shadow_segment *segment) {
    struct segment found;

    if (!segment_find(current_vcpu(), selector, &found) || current_domain() != domain || found.expand_down ||
        found.system) {
        return false;
    }
    segment->base = found.base;
    segment->limit = found.limit;
    segment->code32 = found.big;
    return true;
}

bool shadow_port_stores_to_tables(struct domain *domain) {
    return (domain->assists & 1u << VMASST_TYPE_writable_pagetables) != 0;
}

bool shadow_port_known_table(struct domain *domain, mfn_t mfn) {
    return memory_may_be_table(domain, mfn) && (frame_of(mfn)->flags & FRAME_TABLE);
}

void shadow_port_fail_domain(struct domain *domain, const char *text) {
    domain_fail(domain, TRACE_END_REASON_killed, text);
}

_Noreturn void shadow_port_panic(const char *file, int line, const char *text) {
    panic("%s:%d: %s", file, line, text);
}
