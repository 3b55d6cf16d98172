/* writable.c - see writable.h. */
#include "xen/direct/writable.h"

#include <xen/errno.h>

#include "shadow/difference.h"
#include "shadow/guest_entry.h"
#include "xen/direct/emulate.h"
#include "xen/direct/l1e.h"
#include "xen/direct/table.h"
#include "xen/direct/update.h"
#include "xen/direct/walk.h"
#include "xen/domain/end.h"
#include "xen/lib/printk.h"
#include "xen/lib/string.h"
#include "xen/mm/heap.h"
#include "xen/mm/map_cache.h"
#include "xen/mm/tlb.h"

int writable_prepare(struct domain *domain) {
    if (!domain->direct.disconnected.before) {
        domain->direct.disconnected.before = heap_pages_uncleared(1);
    }
    return domain->direct.disconnected.before ? 0 : -XEN_ENOMEM;
}

void writable_dispose(struct domain *domain) {
    if (domain->direct.disconnected.before) {
        heap_free(domain->direct.disconnected.before, 1);
    }
    domain->direct.disconnected.before = 0;
}

/* Change flags of one entry in a table that the guest cannot write. */
static void set_flags(mfn_t table, uint32_t index, pte_t set, pte_t clear) {
    pte_t *entries = map_frame(table), old;

    do {
        old = guest_entry_load(&entries[index]);
    } while (!guest_entry_swap(&entries[index], old, (old & ~clear) | set));
    unmap_frame(entries);
}

/* The table that is written, and the entry through which. */
struct write {
    mfn_t table;
    mfn_t mapping_table;
    uint32_t mapping_index;
};

/* Is linear a read-only mapping of one of the domain's L1 tables? */
static bool find_write(const struct domain *domain, uint32_t linear, struct write *write) {
    if (walk_find_l1(domain->active->base_pointer, linear, &write->mapping_table, &write->mapping_index) != 0) {
        return false;
    }
    pte_t entry = walk_entry(write->mapping_table, write->mapping_index);

    write->table.n = entry >> PAGE_SHIFT; /* a frame that there is, by rule D3 */
    return (entry & PTE_P) && !(entry & PTE_W) && is_table(write->table, FRAME_L1);
}

/* Can the guest write the table while no directory uses it? Not where it is used several times, or maps itself. */
static bool may_disconnect(const struct write *write) {
    uint32_t link = frame_of(write->table)->link;

    return (link < LINK_SAME_INDEX || link == LINK_NONE) && write->mapping_table.n != write->table.n;
}

static void disconnect(struct domain *domain, const struct write *write, uint32_t linear) {
    struct disconnected *disconnected = &domain->direct.disconnected;
    uint32_t link = frame_of(write->table)->link;
    const void *entries = map_frame(write->table);

    memcpy(disconnected->before, entries, PAGE_SIZE);
    unmap_frame(entries);
    disconnected->active = true;
    disconnected->table = write->table;
    disconnected->linear = linear & PAGE_MASK;
    disconnected->mapping_table = write->mapping_table;
    disconnected->mapping_index = write->mapping_index;
    disconnected->linked = link != LINK_NONE;
    disconnected->directory.n = disconnected->linked ? link >> TABLE_SHIFT : MFN_NONE;
    disconnected->index = link % TABLE_ENTRIES;
    if (disconnected->linked) {
        set_flags(disconnected->directory, disconnected->index, 0, PTE_P);
    }
    domain->mmu_counters[TRACE_MMU_COUNTER_disconnects]++;
    trace_table_type(write->table.n, TRACE_TABLE_TYPE_none);
    trace_writable_disconnect(write->table.n, disconnected->directory.n, disconnected->index, linear);
    tlb_flush_page(disconnected->linear, 1, TRACE_CAUSE_writable_disconnect);
    /* not sooner: what it has just forgotten of directories may have led here in more ways than there are now */
    set_flags(write->mapping_table, write->mapping_index, PTE_W, 0);
}

bool writable_write_fault(struct domain *domain, uint32_t linear, struct cpu_user_regs *regs) {
    struct write write;

    if (!find_write(domain, linear, &write)) {
        return false;
    }
    if (domain->direct.emulate || !may_disconnect(&write)) {
        return emulate_store(domain, linear, write.table, regs);
    }
    if (domain->direct.stored != write.table.n) {
        domain->direct.stored = write.table.n;
        if (emulate_store(domain, linear, write.table, regs)) {
            return true;
        }
    }
    domain->direct.stored = NO_FRAME;
    disconnect(domain, &write, linear);
    return true;
}

/* W5. */
static void fail(struct domain *domain, uint32_t index, pte_t entry) {
    const struct disconnected *disconnected = &domain->direct.disconnected;

    if (!domain->ended) {
        printk("Penumbra: domain %u wrote an entry that it may not have: %08x at index %u of page table %05x\n",
               domain->id, entry, index, disconnected->table.n);
    }
    domain_fail(domain, TRACE_END_REASON_killed, "it wrote a forbidden page-table entry");
}

/* The entry at index was before and is entry now: the references change hands. */
static void check_entry(struct domain *domain, pte_t *entries, uint32_t index, pte_t before, pte_t entry) {
    mfn_t table = domain->direct.disconnected.table;
    uint32_t reason = TRACE_REFUSAL_none;

    trace_shadow_guest_write(table.n, index, before, entry, TRACE_WRITE_VIA_reconnect);
    if (entries_differ_in(before, entry, ENTRY_FREE)) {
        return;
    }
    if (!l1e_get(domain, entry, &reason)) {
        table_refuse(domain, reason, table, index, entry);
        fail(domain, index, entry);
        guest_entry_store(&entries[index], 0);
    }
    l1e_put(domain, before);
}

static uint32_t check_entries(struct domain *domain) {
    const pte_t *before = domain->direct.disconnected.before;
    pte_t *entries = map_frame(domain->direct.disconnected.table);
    uint32_t changed = 0, index;

    for (index = first_difference(before, entries, 0); index < TABLE_ENTRIES;
         index = first_difference(before, entries, index + 1)) {
        changed++;
        check_entry(domain, entries, index, before[index], guest_entry_load(&entries[index]));
    }
    unmap_frame(entries);
    return changed;
}

/*
 * W4. When a directory may lead twice to the entry through which the guest wrote, that is mapped at other addresses
 * too.
 */
static void end_writing(const struct disconnected *disconnected) {
    set_flags(disconnected->mapping_table, disconnected->mapping_index, 0, PTE_W);
    if (__builtin_expect(frame_of(disconnected->mapping_table)->link == LINK_MANY, 0)) {
        tlb_flush_non_global(0, TRACE_CAUSE_writable_reconnect);
    } else {
        tlb_flush_page(disconnected->linear, 1, TRACE_CAUSE_writable_reconnect);
    }
}

void writable_reconnect(struct domain *domain, uint32_t why) {
    struct disconnected *disconnected = &domain->direct.disconnected;

    end_writing(disconnected);
    uint32_t changed = check_entries(domain);

    if (disconnected->linked) {
        set_flags(disconnected->directory, disconnected->index, PTE_P, 0);
    }
    disconnected->active = false;
    domain->mmu_counters[TRACE_MMU_COUNTER_reconnected_entries] += changed;
    domain->mmu_counters[TRACE_MMU_COUNTER_reconnects_other_table + why]++;
    trace_table_type(disconnected->table.n, TRACE_TABLE_TYPE_l1);
    trace_writable_reconnect(disconnected->table.n, why, changed);
}
