/*
 * update.c - see update.h.
 *
 * The short way is for a change of flags that need no reference: both entries present, the same frame. Which flags those
 * are is said once for each level, and nothing else may be different: so the short way can never allow what the long
 * one refuses.
 */
#include "xen/direct/update.h"

#include <xen/errno.h>

#include "shadow/guest_entry.h"
#include "xen/direct/l1e.h"
#include "xen/direct/table.h"
#include "xen/mm/map_cache.h"

/* Flags of a present entry that stand for no reference. W stands for one in an L1 entry, and in a linear mapping. */
#define FREE_FLAGS (PTE_A | PTE_D | PTE_U | PTE_AVAIL)

static bool only_differ_in(pte_t old, pte_t new, pte_t flags) {
    return (old & new & PTE_P) && !((old ^ new) & ~flags);
}

/*
 * Put value into *entry. False: somebody changed it since old was read, so that what was decided on old does not hold.
 */
static bool replace(mfn_t table, pte_t *entry, uint32_t index, pte_t old, pte_t value, uint32_t via) {
    if (!guest_entry_swap(entry, old, value)) {
        return false;
    }
    if (old != value) {
        trace_shadow_guest_write(table.n, index, old, value, via);
    }
    return true;
}

int update_l1_entry(struct domain *domain, mfn_t table, pte_t *entries, uint32_t index, pte_t value, bool preserve_ad,
                    uint32_t via) {
    uint32_t reason = TRACE_REFUSAL_none;

    domain->mmu_counters[TRACE_MMU_COUNTER_l1_updates]++;
    for (;;) {
        pte_t old = guest_entry_load(&entries[index]), new = preserve_ad ? value | (old & (PTE_A | PTE_D)) : value;

        if (only_differ_in(old, new, FREE_FLAGS)) {
            if (replace(table, &entries[index], index, old, new, via)) {
                domain->mmu_counters[TRACE_MMU_COUNTER_flag_updates]++;
                return 0;
            }
            continue;
        }
        if (!l1e_get(domain, new, &reason)) {
            return table_refuse(domain, reason, table, index, new);
        }
        if (replace(table, &entries[index], index, old, new, via)) {
            l1e_put(domain, old);
            return 0;
        }
        l1e_put(domain, new);
    }
}

/* Do old and new name the same L1 table? Then even W is free: an L1 table's own entries say what is writable. */
static bool same_l1(pte_t old, pte_t new) {
    return only_differ_in(old, new, FREE_FLAGS | PTE_W) && frame_of((mfn_t){ old >> PAGE_SHIFT })->type == FRAME_L1;
}

static int update_l2_entry(struct domain *domain, mfn_t table, pte_t *entries, uint32_t index, pte_t value,
                           bool preserve_ad, uint32_t via) {
    domain->mmu_counters[TRACE_MMU_COUNTER_l2_updates]++;
    if (index >= HYPERVISOR_L2_FIRST) {
        return table_refuse(domain, TRACE_REFUSAL_hypervisor_slot, table, index, value);
    }
    for (;;) {
        pte_t old = guest_entry_load(&entries[index]), new = preserve_ad ? value | (old & (PTE_A | PTE_D)) : value;

        if (only_differ_in(old, new, FREE_FLAGS) || same_l1(old, new)) {
            if (replace(table, &entries[index], index, old, new, via)) {
                domain->mmu_counters[TRACE_MMU_COUNTER_flag_updates]++;
                return 0;
            }
            continue;
        }
        int result = directory_get(domain, table, index, new);

        if (result != 0) {
            return result;
        }
        if (replace(table, &entries[index], index, old, new, via)) {
            directory_put(domain, table, index, old);
            return 0;
        }
        directory_put(domain, table, index, new);
    }
}

/* A frame that is no table: memory like any other, as long as it may be written. */
static int write_memory(struct domain *domain, mfn_t mfn, uint32_t index, pte_t value, bool preserve_ad) {
    if (!frame_get_with_type(domain->id, mfn, FRAME_WRITABLE)) {
        return table_refuse(domain, TRACE_REFUSAL_not_a_table, mfn, index, value);
    }
    pte_t *entries = map_frame(mfn);

    guest_entry_store(&entries[index],
                      preserve_ad ? value | (guest_entry_load(&entries[index]) & (PTE_A | PTE_D)) : value);
    unmap_frame(entries);
    frame_put_with_type(mfn);
    return 0;
}

int update_entry(struct domain *domain, mfn_t table, uint32_t index, pte_t value, bool preserve_ad, uint32_t via) {
    if (!frame_owned_by(domain->id, table)) {
        return table_refuse(domain, TRACE_REFUSAL_table_not_owned, table, index, value);
    }
    enum frame_type type = frame_of(table)->type;

    if (type != FRAME_L1 && type != FRAME_L2) {
        return write_memory(domain, table, index, value, preserve_ad);
    }
    if (!is_table(table, type)) { /* being checked, by a hypercall that this one has interrupted */
        return table_refuse(domain, TRACE_REFUSAL_table_busy, table, index, value);
    }
    pte_t *entries = map_frame(table);
    int result = type == FRAME_L1 ? update_l1_entry(domain, table, entries, index, value, preserve_ad, via)
                                  : update_l2_entry(domain, table, entries, index, value, preserve_ad, via);

    unmap_frame(entries);
    return result;
}
