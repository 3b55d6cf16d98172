/*
 * update.c - see update.h.
 *
 * The short way is for a change of flags that need no reference: both entries present, the same frame. Which flags
 * those are is said once for each level, and nothing else may be different: so the short way can never allow what the
 * long one refuses.
 */
#include "xen/direct/update.h"

#include <xen/errno.h>
#include <xen/xen.h>

#include "shadow/guest_entry.h"
#include "xen/direct/audit.h"
#include "xen/direct/l1e.h"
#include "xen/direct/table.h"
#include "xen/mm/map_cache.h"

static inline uint32_t index_of(const pte_t *entry) {
    return (uint32_t)entry % PAGE_SIZE / sizeof(*entry);
}

/*
 * Put value into *entry. False: somebody changed it since old was read, so that what was decided on old does not hold.
 */
static inline bool replace(mfn_t table, pte_t *entry, pte_t old, pte_t value, uint32_t via) {
    if (!guest_entry_swap(entry, old, value)) {
        return false;
    }
    if (__builtin_expect((trace_mask & TRACE_CLASS_shadow) && old != value, 0)) {
        trace_shadow_guest_write(table.n, index_of(entry), old, value, via);
    }
    return true;
}

static int write_l1_entry_again(struct domain *domain, pte_t *entry, pte_t value, pte_t keep, uint32_t via);

/*
 * *entry, in the table that the window shows, becomes value and what it had of keep. Inlined where entries are written
 * by the thousand; it is no loop, so that nothing is made ready there for a second time that hardly ever comes.
 */
static inline __attribute__((always_inline)) int write_l1_entry(struct domain *domain, pte_t *entry, pte_t value,
                                                                pte_t keep, uint32_t via) {
    mfn_t table = domain->direct.window.table;
    pte_t old = guest_entry_load(entry), new = value | (old & keep);
    uint32_t reason = TRACE_REFUSAL_none;

    if (entries_differ_in(old, new, ENTRY_FREE)) {
        if (!replace(table, entry, old, new, via)) {
            return write_l1_entry_again(domain, entry, value, keep, via);
        }
        domain->mmu_counters[TRACE_MMU_COUNTER_flag_updates]++;
    } else {
        if (!l1e_get(domain, new, &reason)) {
            return table_refuse(domain, reason, table, index_of(entry), new);
        }
        if (!replace(table, entry, old, new, via)) {
            l1e_put(domain, new);
            return write_l1_entry_again(domain, entry, value, keep, via);
        }
        l1e_put(domain, old);
    }
    domain->mmu_counters[TRACE_MMU_COUNTER_l1_updates]++;
    direct_count_operation(domain);
    return 0;
}

static __attribute__((noinline)) int write_l1_entry_again(struct domain *domain, pte_t *entry, pte_t value, pte_t keep,
                                                          uint32_t via) {
    return write_l1_entry(domain, entry, value, keep, via);
}

int update_l1_entry(struct domain *domain, mfn_t table, uint32_t index, pte_t value, uint32_t via) {
    if (!table_window(domain, table)) {
        return table_refuse(domain, TRACE_REFUSAL_not_a_table, table, index, value);
    }
    return write_l1_entry(domain, &domain->direct.window.entries[index], value, 0, via);
}

/* Do old and new name the same L1 table? Then even W is free: an L1 table's own entries say what is writable. */
static bool same_l1(pte_t old, pte_t new) {
    return entries_differ_in(old, new, ENTRY_FREE | PTE_W) && frame_of((mfn_t){ old >> PAGE_SHIFT })->type == FRAME_L1;
}

static int update_l2_entry(struct domain *domain, mfn_t table, pte_t *entry, pte_t value, pte_t keep) {
    uint32_t index = index_of(entry);

    domain->mmu_counters[TRACE_MMU_COUNTER_l2_updates]++;
    if (index >= HYPERVISOR_L2_FIRST) {
        return table_refuse(domain, TRACE_REFUSAL_hypervisor_slot, table, index, value);
    }
    for (;;) {
        pte_t old = guest_entry_load(entry), new = value | (old & keep);

        if (entries_differ_in(old, new, ENTRY_FREE) || same_l1(old, new)) {
            if (replace(table, entry, old, new, TRACE_WRITE_VIA_mmu_update)) {
                domain->mmu_counters[TRACE_MMU_COUNTER_flag_updates]++;
                return 0;
            }
            continue;
        }
        int result = directory_get(domain, table, index, new);

        if (result != 0) {
            return result;
        }
        if (replace(table, entry, old, new, TRACE_WRITE_VIA_mmu_update)) {
            directory_put(domain, table, index, old);
            return 0;
        }
        directory_put(domain, table, index, new);
    }
}

/* A frame that is no table: memory like any other, as long as it may be written. */
static int write_memory(struct domain *domain, mfn_t mfn, uint32_t index, pte_t value, pte_t keep) {
    if (!frame_get_with_type(domain->id, mfn, FRAME_WRITABLE)) {
        return table_refuse(domain, TRACE_REFUSAL_not_a_table, mfn, index, value);
    }
    pte_t *entries = map_frame(mfn);

    guest_entry_store(&entries[index], value | (guest_entry_load(&entries[index]) & keep));
    unmap_frame(entries);
    frame_put_with_type(mfn);
    return 0;
}

/* In a directory, or in a frame that is no table. */
static __attribute__((noinline)) int update_other(struct domain *domain, mfn_t table, uint32_t index, pte_t value,
                                                  pte_t keep) {
    if (!frame_owned_by(domain->id, table)) {
        return table_refuse(domain, TRACE_REFUSAL_table_not_owned, table, index, value);
    }
    enum frame_type type = frame_of(table)->type;

    if (type != FRAME_L1 && type != FRAME_L2) {
        return write_memory(domain, table, index, value, keep);
    }
    direct_count_operation(domain);
    if (!is_table(table, FRAME_L2)) { /* being checked, by a hypercall that this one has interrupted */
        return table_refuse(domain, TRACE_REFUSAL_table_busy, table, index, value);
    }
    pte_t *entries = map_frame(table);
    int result = update_l2_entry(domain, table, &entries[index], value, keep);

    unmap_frame(entries);
    return result;
}

int update_entry(struct domain *domain, uint32_t address, pte_t value) {
    mfn_t table = { address >> PAGE_SHIFT };
    uint32_t index = address % PAGE_SIZE / sizeof(pte_t);
    bool preserve = address & MMU_PT_UPDATE_PRESERVE_AD;

    if (!table_window(domain, table)) {
        return update_other(domain, table, index, value, preserve ? PTE_A | PTE_D : 0);
    }
    pte_t *entry = &domain->direct.window.entries[index];

    return __builtin_expect(preserve, 0)
               ? write_l1_entry_again(domain, entry, value, PTE_A | PTE_D, TRACE_WRITE_VIA_mmu_update)
               : write_l1_entry(domain, entry, value, 0, TRACE_WRITE_VIA_mmu_update);
}
