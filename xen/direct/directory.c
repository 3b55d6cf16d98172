/*
 * directory.c - what an L2 entry may be, and its references (rules D3, D4); see table.h.
 *
 * Source: linear mappings are Xen's ("recursive" ones); how deep they may go was learnt there the hard way (XSA-240).
 */
#include <xen/errno.h>

#include "trace/emit.h"
#include "xen/direct/l1e.h"
#include "xen/direct/table.h"
#include "xen/mm/layout.h"

/* A linear mapping of another directory: may directory map target so? */
static bool may_map_linear(const struct frame *directory, mfn_t target) {
    return is_table(target, FRAME_L2) && directory->directory.linear <= 0 && frame_of(target)->directory.linear >= 0 &&
           frame_of(target)->count != UINT32_MAX && frame_of(target)->directory.linear < (1 << 20) - 1;
}

/*
 * Through a linear mapping the guest's kernel reads what the hypervisor's slots name: tables, of the hypervisor and
 * of the domain's area. The outside oracle is told.
 */
static __attribute__((noinline)) void note_linear(struct domain *domain) {
    static pte_t root[TABLE_ENTRIES] __attribute__((aligned(PAGE_SIZE)));

    layout_init_root(root, &domain->area);
    for (uint32_t slot = HYPERVISOR_L2_FIRST; slot < TABLE_ENTRIES; slot++) {
        if (root[slot] & PTE_P) {
            trace_domain_grant(root[slot] >> PAGE_SHIFT, TRACE_ACCESS_read);
        }
    }
    domain->direct.linear = true;
}

static int get_linear(struct domain *domain, mfn_t directory, uint32_t index, pte_t entry) {
    mfn_t target = { entry >> PAGE_SHIFT };

    if ((entry & PTE_W) || (target.n != directory.n && !may_map_linear(frame_of(directory), target))) {
        return table_refuse(domain, TRACE_REFUSAL_linear_table, directory, index, entry);
    }
    if (target.n != directory.n) {
        frame_of(target)->count++;
        frame_of(target)->type_count++;
        frame_of(target)->directory.linear++;
        frame_of(directory)->directory.linear--;
    }
    if (!domain->direct.linear) {
        note_linear(domain);
    }
    return 0;
}

static void note_link(struct frame *table, mfn_t directory, uint32_t index) {
    if (table->link == LINK_NONE) {
        table->link = link_of(directory, index);
    } else if (table->link != LINK_MANY) {
        table->link = table->link % TABLE_ENTRIES == index ? LINK_SAME_INDEX | index : LINK_MANY;
    }
}

static void forget_link(struct frame *table) {
    uint32_t links = table->type_count - ((table->flags & FRAME_PINNED) != 0);

    if (links == 1) { /* the one that is about to be put */
        table->link = LINK_NONE;
    }
}

int directory_get(struct domain *domain, mfn_t directory, uint32_t index, pte_t entry) {
    mfn_t table = { entry >> PAGE_SHIFT };

    if (!(entry & PTE_P)) {
        return 0;
    }
    if (entry & ENTRY_FORBIDDEN) {
        return table_refuse(domain, TRACE_REFUSAL_entry_bits, directory, index, entry);
    }
    if (!frame_owned_by(domain->id, table)) {
        return table_refuse(domain, TRACE_REFUSAL_frame_not_owned, directory, index, entry);
    }
    if (frame_of(table)->type == FRAME_L2) {
        return get_linear(domain, directory, index, entry);
    }
    int result = table_get(domain, table, FRAME_L1);

    if (result == 0) {
        note_link(frame_of(table), directory, index);
    } else if (domain->direct.refusal.entry != 0) {
        domain->direct.refusal.linear = index << L2_SHIFT | domain->direct.refusal.index << L1_SHIFT;
    }
    return result;
}

void directory_put(struct domain *domain, mfn_t directory, uint32_t index, pte_t entry) {
    mfn_t table = { entry >> PAGE_SHIFT };
    bool leaving = frame_of(directory)->flags & FRAME_LEAVING;

    (void)index;
    if (!(entry & PTE_P) || table.n == directory.n) {
        return;
    }
    if (!leaving) { /* one that leaves has been out of CR3 since the last load, and nothing is remembered of it */
        domain->direct.unlinked_at = tlb_generation;
    }
    if (frame_of(table)->type == FRAME_L1) {
        forget_link(frame_of(table));
    } else {
        frame_of(table)->directory.linear--;
        frame_of(directory)->directory.linear += leaving ? 0 : 1;
    }
    table_put(domain, table);
}
