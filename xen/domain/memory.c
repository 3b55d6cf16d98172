/*
 * memory.c - the frames of a domain; see memory.h.
 */
#include "xen/domain/memory.h"

#include <xen/errno.h>

#include "trace/emit.h"
#include "xen/domain/mode.h"
#include "xen/domain/schedule.h"
#include "xen/mm/frame.h"
#include "xen/mm/m2p.h"

static void set_p2m(struct domain *domain, uint32_t pfn, uint32_t mfn) {
    if (pfn < domain->p2m_size) {
        domain->p2m[pfn].n = mfn;
    }
}

void memory_set_pfn(struct domain *domain, mfn_t mfn, uint32_t pfn) {
    uint32_t old = m2p_get(mfn);

    if (old < domain->p2m_size && domain->p2m[old].n == mfn.n) {
        set_p2m(domain, old, MFN_NONE);
    }
    m2p_set(mfn, pfn);
    set_p2m(domain, pfn, mfn.n);
    dirty_log_note(domain, mfn);
}

/* A frame that was just allocated is the domain's. */
static void note_added(struct domain *domain, mfn_t mfn, uint32_t pfn) {
    domain->frames++;
    m2p_set(mfn, pfn);
    set_p2m(domain, pfn, mfn.n);
    dirty_log_note(domain, mfn);
}

bool memory_add(struct domain *domain, uint32_t pfn, mfn_t *mfn) {
    if (domain->frames >= domain->frames_limit || !frame_allocate(domain->id, mfn)) {
        return false;
    }
    note_added(domain, *mfn, pfn);
    return true;
}

bool memory_add_below(struct domain *domain, uint32_t pfn, uint32_t limit, mfn_t *mfn) {
    if (domain->frames >= domain->frames_limit || !frame_allocate_below(domain->id, limit, mfn)) {
        return false;
    }
    note_added(domain, *mfn, pfn);
    return true;
}

enum frames_answer memory_add_run(struct domain *domain, uint32_t pfn, uint32_t count, uint32_t limit, mfn_t *first) {
    enum frames_answer answer = domain->frames + count > domain->frames_limit
                                    ? FRAMES_NONE : frame_allocate_run(domain->id, count, limit, first);

    for (uint32_t i = 0; answer == FRAMES_TAKEN && i < count; i++) {
        note_added(domain, (mfn_t){ first->n + i }, pfn == M2P_INVALID ? pfn : pfn + i);
    }
    return answer;
}

bool memory_may_be_table(const struct domain *domain, mfn_t mfn) {
    if (!frame_owned_by(domain->id, mfn)) {
        return false;
    }
    return frame_of(mfn)->type < FRAME_LDT;
}

static bool is_base_pointer(const struct domain *domain, mfn_t mfn) {
    for (uint32_t id = 0; id < DOMAIN_VCPUS_MAX; id++) {
        if (domain->vcpu[id] && domain->vcpu[id]->base_pointer.n == mfn.n) {
            return true;
        }
    }
    return false;
}

/*
 * Nothing refers to the domain's mfn any more but its allocation. False: it is in use as more than memory, or still
 * mapped, in a mode that leaves that to the guest: it would not really be gone.
 */
static bool detach(struct domain *domain, mfn_t mfn) {
    if (!memory_may_be_table(domain, mfn) || (frame_of(mfn)->flags & FRAME_PINNED) || is_base_pointer(domain, mfn)) {
        return false;
    }
    domain->mode->frame_released(domain, mfn);
    return frame_of(mfn)->count == 1;
}

bool memory_may_leave(struct domain *domain, mfn_t mfn) {
    return detach(domain, mfn);
}

void memory_hand_over(struct domain *from, mfn_t mfn, struct domain *to, uint32_t to_pfn) {
    struct frame *frame = frame_of(mfn);
    uint32_t pfn = m2p_get(mfn);

    if (pfn < from->p2m_size && from->p2m[pfn].n == mfn.n) {
        set_p2m(from, pfn, MFN_NONE);
    }
    from->frames--;
    frame->owner = (uint16_t)to->id;
    frame->flags = FRAME_ALLOCATED;
    note_added(to, mfn, to_pfn);
    memory_report_group(from, mfn);
    trace_set_identity(to->id, 0);
    memory_report_group(to, mfn);
    schedule_restore_identity();
}

int memory_remove(struct domain *domain, mfn_t mfn) {
    if (!detach(domain, mfn)) {
        return -XEN_EINVAL;
    }
    memory_drop(domain, mfn);
    memory_report_group(domain, mfn);
    return 0;
}

int memory_replace(struct domain *domain, mfn_t old, uint32_t pfn, uint32_t limit, mfn_t *mfn) {
    if (!detach(domain, old)) {
        return -XEN_EINVAL;
    }
    if (!frame_allocate_below(domain->id, limit, mfn)) {
        return -XEN_ENOMEM;
    }
    memory_drop(domain, old);
    memory_report_group(domain, old);
    note_added(domain, *mfn, pfn);
    memory_report_group(domain, *mfn);
    return 0;
}

void memory_drop(struct domain *domain, mfn_t mfn) {
    uint32_t pfn = m2p_get(mfn);

    if (pfn < domain->p2m_size && domain->p2m[pfn].n == mfn.n) {
        set_p2m(domain, pfn, MFN_NONE);
    }
    m2p_set(mfn, M2P_INVALID);
    domain->frames--;
    frame_free(mfn);
}

void memory_drop_all(struct domain *domain) {
    for (uint32_t n = 0; n < frame_limit; n++) {
        if (frame_of((mfn_t){ n })->owner == domain->id) {
            memory_unpin(domain, (mfn_t){ n });
            memory_drop(domain, (mfn_t){ n });
        }
    }
}

int memory_pin(struct domain *domain, mfn_t mfn, uint32_t level) {
    if (!memory_may_be_table(domain, mfn) || (frame_of(mfn)->flags & FRAME_PINNED) || !frame_get(domain->id, mfn)) {
        return -XEN_EINVAL;
    }
    domain->pinned++;
    frame_of(mfn)->flags |= level == 2 ? FRAME_PINNED | FRAME_PIN_L2 : FRAME_PINNED;
    return 0;
}

int memory_unpin(struct domain *domain, mfn_t mfn) {
    if (!frame_owned_by(domain->id, mfn) || !(frame_of(mfn)->flags & FRAME_PINNED)) {
        return -XEN_EINVAL;
    }
    domain->pinned--;
    frame_of(mfn)->flags &= (uint8_t)~(FRAME_PINNED | FRAME_PIN_L2);
    frame_put(mfn);
    return 0;
}

void memory_report_group(const struct domain *domain, mfn_t mfn) {
    if (domain->mode->unchecked) {
        return; /* the oracle checks what it knows of */
    }
    uint32_t first = mfn.n & ~(MEMORY_REPORT_GROUP - 1), owned = 0;

    for (uint32_t i = 0; i < MEMORY_REPORT_GROUP; i++) {
        owned |= (uint32_t)frame_owned_by(domain->id, (mfn_t){ first + i }) << i;
    }
    trace_domain_frames(first, owned);
}

void memory_report(const struct domain *domain) {
    uint32_t reported = UINT32_MAX;

    if (!(trace_mask & TRACE_CLASS_always)) {
        return;
    }
    for (uint32_t n = 0; n < frame_limit; n++) {
        if (n / MEMORY_REPORT_GROUP != reported && frame_owned_by(domain->id, (mfn_t){ n })) {
            reported = n / MEMORY_REPORT_GROUP;
            memory_report_group(domain, (mfn_t){ n });
        }
    }
}
