/*
 * trusted_mode.c - a trusted domain's paging mode (xen/domain/mode.h): its own tables are in CR3 and nothing in them is
 * checked.
 *
 * For the notion of a trusted operating system, which runs without being controlled, and as the lower bound in
 * comparisons. Such a domain can do anything to the machine, the hypervisor included: the boot says so on the console,
 * and the run's mode is `trusted` everywhere. Its frames are not shown to the outside oracle, which would object to
 * every page walk. The one thing that the hypervisor insists on is its own slots in a directory that goes into CR3:
 * without them the machine stops.
 */
#include <xen/errno.h>
#include <xen/features.h>

#include "shadow/guest_entry.h"
#include "trace/emit.h"
#include "xen/direct/direct_mode.h"
#include "xen/domain/domain.h"
#include "xen/domain/memory.h"
#include "xen/domain/mode.h"
#include "xen/mm/frame.h"
#include "xen/mm/map_cache.h"
#include "xen/mm/tlb.h"

static void fill_slots(struct domain *domain, mfn_t directory) {
    pte_t *entries = map_frame(directory);

    layout_init_root(entries, &domain->area);
    unmap_frame(entries);
}

static void leave(struct domain *domain) {
    (void)domain;
}

static int enter(struct domain *domain) {
    for (uint32_t id = 0; id < DOMAIN_VCPUS_MAX; id++) {
        if (domain->vcpu[id] && domain->vcpu[id]->base_pointer.n != MFN_NONE) {
            fill_slots(domain, domain->vcpu[id]->base_pointer);
        }
    }
    return 0;
}

static int load_base_pointer(struct vcpu *vcpu, gfn_t gfn, uint32_t cause) {
    mfn_t gmfn = { gfn.n };

    if (!frame_owned_by(vcpu->domain->id, gmfn)) {
        return -XEN_EINVAL;
    }
    fill_slots(vcpu->domain, gmfn);
    vcpu->domain->mmu_counters[TRACE_MMU_COUNTER_base_pointer_loads]++;
    vcpu->root = (smfn_t){ gmfn.n };
    vcpu->base_pointer = gmfn;
    trace_base_pointer(gmfn.n, gmfn.n, 1);
    tlb_load_root(vcpu->root, 0, cause);
    return 0;
}

static int take_base_pointer(struct domain *domain, mfn_t gmfn) {
    if (!frame_owned_by(domain->id, gmfn)) {
        return -XEN_EINVAL;
    }
    fill_slots(domain, gmfn);
    return 0;
}

/* Entry index of a frame of the domain becomes value and what it had of keep. */
static void write_entry_of(struct domain *domain, mfn_t table, uint32_t index, pte_t value, pte_t keep, uint32_t via) {
    pte_t *entries = map_frame(table), old, new;

    do {
        old = guest_entry_load(&entries[index]);
        new = value | (old & keep);
    } while (!guest_entry_swap(&entries[index], old, new));
    unmap_frame(entries);
    domain->mmu_counters[TRACE_MMU_COUNTER_l1_updates]++;
    if (old != new) {
        trace_shadow_guest_write(table.n, index, old, new, via);
    }
}

static int write_entry(struct domain *domain, uint32_t address, pte_t value) {
    mfn_t table = { address >> PAGE_SHIFT };

    if (!frame_owned_by(domain->id, table)) {
        return -XEN_EINVAL;
    }
    write_entry_of(domain, table, address % PAGE_SIZE / sizeof(pte_t), value,
                   address & MMU_PT_UPDATE_PRESERVE_AD ? PTE_A | PTE_D : 0, TRACE_WRITE_VIA_mmu_update);
    return 0;
}

static int find_l1(struct domain *domain, uint32_t linear, mfn_t *table, uint32_t *index) {
    const pte_t *entries = map_frame(domain->active->base_pointer);
    pte_t entry = guest_entry_load(&entries[l2_index(linear)]);
    mfn_t found = { entry >> PAGE_SHIFT };

    unmap_frame(entries);
    if (!(entry & PTE_P) || (entry & PTE_PS) || !frame_owned_by(domain->id, found)) {
        return -XEN_EINVAL;
    }
    *table = found;
    *index = l1_index(linear);
    return 0;
}

static int write_l1e(struct domain *domain, uint32_t linear, pte_t value) {
    mfn_t table;
    uint32_t index;
    int result = find_l1(domain, linear, &table, &index);

    if (result == 0) {
        write_entry_of(domain, table, index, value, 0, TRACE_WRITE_VIA_update_va_mapping);
    }
    return result;
}

static pte_t guest_l1e(struct domain *domain, uint32_t linear) {
    mfn_t table;
    uint32_t index;
    pte_t entry = 0;

    if (find_l1(domain, linear, &table, &index) == 0) {
        const pte_t *entries = map_frame(table);

        entry = guest_entry_load(&entries[index]);
        unmap_frame(entries);
    }
    return entry;
}

static int clear_l1e(struct domain *domain, uint32_t linear, pte_t expected) {
    return same_mapping(guest_l1e(domain, linear), expected) ? write_l1e(domain, linear, 0) : -XEN_EINVAL;
}

static void frame_released(struct domain *domain, mfn_t mfn) {
    (void)domain;
    (void)mfn;
    tlb_flush_non_global(0, TRACE_CAUSE_type_change); /* nobody knows what was mapped */
}

static uint32_t audit(struct domain *domain, uint32_t *checks) {
    (void)domain; /* nothing is promised */
    *checks = 0;
    return 0;
}

const struct mode_ops mode_trusted = {
    .name = "trusted",
    .number = TRACE_MODE_trusted,
    .features = 1u << XENFEAT_writable_page_tables | 1u << XENFEAT_mmu_pt_update_preserve_ad,
    .unchecked = true,
    .prepare = direct_prepare,
    .dispose = direct_dispose,
    .enter = enter,
    .leave = leave,
    .load_base_pointer = load_base_pointer,
    .take_base_pointer = take_base_pointer,
    .resume = direct_resume,
    .write_entry = write_entry,
    .write_l1e = write_l1e,
    .clear_l1e = clear_l1e,
    .guest_l1e = guest_l1e,
    .pin = memory_pin,
    .unpin = memory_unpin,
    .page_fault = direct_page_fault,
    .invlpg = direct_invlpg,
    .flush = direct_flush,
    .frame_written = direct_frame_written,
    .frame_released = frame_released,
    .permission_lost = direct_permission_lost,
    .audit = audit,
};
