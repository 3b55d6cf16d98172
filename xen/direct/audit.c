/*
 * audit.c - see audit.h.
 *
 * What every frame's counts should be is added up from the other side: from tables, pins, base pointers and descriptor
 * tables. The sums of GROUP frames fit into a fixed table, so all tables are read once for each group.
 */
#include "xen/direct/audit.h"

#include "shadow/guest_entry.h"
#include "xen/direct/l1e.h"
#include "xen/direct/table.h"
#include "xen/domain/foreign.h"
#include "xen/domain/grant.h"
#include "xen/lib/string.h"
#include "xen/mm/map_cache.h"

#define GROUP 4096u
#define RULE(n) (100u + (n))
#define AUDIT_INTERVAL 256 /* page-table operations between two audits with audit=full */

struct sum {
    uint32_t count, type_count;
    int32_t linear;
};

/* One audit under way. */
struct audit {
    struct domain *domain;
    uint32_t first;              /* mfn of sums[0] */
    uint32_t checks, violations;
};

static struct sum sums[GROUP];

static void violation(struct audit *audit, uint32_t rule, mfn_t mfn, uint32_t expected, uint32_t found) {
    audit->violations++;
    trace_audit_violation(RULE(rule), mfn.n, expected, found);
}

/* mfn has so many references more, and so many of its type. */
static void add(const struct audit *audit, mfn_t mfn, uint32_t count, uint32_t type_count) {
    if (mfn.n - audit->first < GROUP) {
        sums[mfn.n - audit->first].count += count;
        sums[mfn.n - audit->first].type_count += type_count;
    }
}

static void add_linear(const struct audit *audit, mfn_t mfn, int32_t linear) {
    if (mfn.n - audit->first < GROUP) {
        sums[mfn.n - audit->first].linear += linear;
    }
}

/* The entry that maps a disconnected table for the guest to write is writable and holds no such reference. */
static bool is_writers_entry(const struct domain *domain, mfn_t table, uint32_t index) {
    const struct disconnected *disconnected = &domain->direct.disconnected;

    return disconnected->active && disconnected->mapping_table.n == table.n && disconnected->mapping_index == index;
}

static void add_l1_entry(struct audit *audit, mfn_t table, uint32_t index, pte_t entry) {
    mfn_t mfn = { entry >> PAGE_SHIFT };
    bool writable = (entry & PTE_W) && !is_writers_entry(audit->domain, table, index);

    if (!(entry & PTE_P)) {
        return;
    }
    add(audit, mfn, 1, writable);
    if (audit->first != 0) {
        return; /* what concerns the entry alone is checked once */
    }
    audit->checks++;
    if ((entry & ENTRY_FORBIDDEN) || !frame_exists(mfn)) {
        violation(audit, 3, table, index, entry);
    } else if (writable && frame_of(mfn)->type != FRAME_WRITABLE) {
        violation(audit, 2, table, index, entry);
    }
}

static void add_l2_entry(struct audit *audit, mfn_t directory, uint32_t index, pte_t entry) {
    mfn_t mfn = { entry >> PAGE_SHIFT };
    bool linear;

    if (!(entry & PTE_P) || mfn.n == directory.n) {
        return;
    }
    linear = frame_exists(mfn) && frame_of(mfn)->type == FRAME_L2;
    add(audit, mfn, 1, 1);
    if (linear) {
        add_linear(audit, mfn, 1);
        if (!(frame_of(directory)->flags & FRAME_LEAVING)) {
            add_linear(audit, directory, -1);
        }
    }
    if (audit->first != 0) {
        return;
    }
    audit->checks++;
    if ((entry & ENTRY_FORBIDDEN) || !frame_exists(mfn) || !(frame_of(mfn)->flags & FRAME_VALIDATED)) {
        violation(audit, 3, directory, index, entry);
    } else if (linear && (entry & PTE_W)) {
        violation(audit, 4, directory, index, entry);
    }
}

static void check_slots(struct audit *audit, mfn_t directory, const pte_t *entries) {
    static pte_t wanted[TABLE_ENTRIES];

    layout_init_root(wanted, &audit->domain->area);
    for (uint32_t index = HYPERVISOR_L2_FIRST; index < TABLE_ENTRIES; index++) {
        audit->checks++;
        if ((wanted[index] ^ entries[index]) & ~(PTE_A | PTE_D)) {
            violation(audit, 6, directory, index, entries[index]);
        }
    }
}

/* How many entries of a table hold references: from the first on. */
static uint32_t counted_entries(const struct frame *frame) {
    if (frame->flags & FRAME_LEAVING) {
        return frame->leaving.entries;
    }
    if (frame->flags & FRAME_PARTIAL) {
        return frame->directory.checked;
    }
    return frame->type == FRAME_L1 ? TABLE_ENTRIES : HYPERVISOR_L2_FIRST;
}

static void add_table(struct audit *audit, mfn_t mfn) {
    const struct frame *frame = frame_of(mfn);
    const struct disconnected *disconnected = &audit->domain->direct.disconnected;
    const pte_t *mapped = map_frame(mfn), *entries = mapped;
    uint32_t end = counted_entries(frame);

    if (frame->flags & (FRAME_PARTIAL | FRAME_LEAVING)) {
        add(audit, mfn, 1, 1);
    }
    if (disconnected->active && disconnected->table.n == mfn.n) {
        entries = disconnected->before;
    }
    for (uint32_t index = 0; index < end; index++) {
        if (frame->type == FRAME_L1) {
            add_l1_entry(audit, mfn, index, guest_entry_load(&entries[index]));
        } else {
            add_l2_entry(audit, mfn, index, guest_entry_load(&entries[index]));
        }
    }
    if (audit->first == 0 && frame->type == FRAME_L2 && (frame->flags & FRAME_VALIDATED)) {
        check_slots(audit, mfn, entries);
    }
    unmap_frame(mapped);
}

/* The directory entry of a disconnected table is cleared, but the table's reference is not put. */
static void add_disconnected(struct audit *audit) {
    const struct disconnected *disconnected = &audit->domain->direct.disconnected;

    if (disconnected->active && disconnected->linked) {
        add(audit, disconnected->table, 1, 1);
    }
}

static void add_vcpu(struct audit *audit, const struct vcpu *vcpu) {
    if (vcpu->base_pointer.n != MFN_NONE) {
        add(audit, vcpu->base_pointer, 1, 1);
    }
    for (uint32_t page = 0; page * (PAGE_SIZE / 8) < vcpu->gdt_entries; page++) {
        add(audit, vcpu->gdt_frames[page], 1, 1);
    }
    for (uint32_t page = 0; page < DOMAIN_AREA_LDT_PAGES; page++) {
        mfn_t mfn;

        if (domain_area_ldt(&vcpu->domain->area, vcpu->id, page, &mfn)) {
            add(audit, mfn, 1, 1);
        }
    }
}

/* Pages that the hypervisor shares with the domain: the reference that is its own. */
static void add_shared(struct audit *audit) {
    add(audit, domain_shared_info_mfn(audit->domain), 1, 0);
    for (uint32_t index = 0; audit->domain->grants && index < GRANT_FRAMES; index++) {
        add(audit, grant_table_frame(audit->domain, index), 1, 0);
    }
}

/* What is held for grants, by whom ever (foreign.h, X1). */
static void add_holders(struct audit *audit) {
    for (const struct domain *domain = domain_list; domain; domain = domain->next) {
        for (uint32_t i = 1; domain->foreign && i <= domain->foreign->used; i++) {
            const struct foreign_frame *frame = &domain->foreign->frame[i];

            add(audit, frame->mfn, (uint32_t)frame->held[FOREIGN_READ] + frame->held[FOREIGN_WRITE],
                frame->held[FOREIGN_WRITE]);
        }
    }
}

static void add_everything(struct audit *audit, uint32_t limit) {
    for (uint32_t n = 0; n < limit; n++) {
        mfn_t mfn = { n };
        const struct frame *frame = frame_of(mfn);

        if (frame->owner != audit->domain->id) {
            continue;
        }
        add(audit, mfn, (frame->flags & FRAME_ALLOCATED) != 0, 0);
        if (frame->flags & FRAME_PINNED) {
            add(audit, mfn, 2, 1);
        }
        if (frame->type_count != 0 && (frame->type == FRAME_L1 || frame->type == FRAME_L2)) {
            add_table(audit, mfn);
        }
    }
    add_shared(audit);
    add_holders(audit);
    add_disconnected(audit);
    for (uint32_t id = 0; id < DOMAIN_VCPUS_MAX; id++) {
        if (audit->domain->vcpu[id]) {
            add_vcpu(audit, audit->domain->vcpu[id]);
        }
    }
}

/* Entries of other domains may be what refers to it: those are not looked at. */
static bool may_be_others(const struct audit *audit, mfn_t mfn, const struct sum *sum) {
    const struct frame *frame = frame_of(mfn);

    return frame->count >= sum->count && frame->type_count >= sum->type_count &&
           frame->count - sum->count >= frame->type_count - sum->type_count &&
           foreign_held_by_others(audit->domain, mfn);
}

static void compare(struct audit *audit, mfn_t mfn) {
    const struct frame *frame = frame_of(mfn);
    const struct sum *sum = &sums[mfn.n - audit->first];

    if (frame->owner != audit->domain->id && !foreign_is_shared(audit->domain, mfn)) {
        return;
    }
    audit->checks++;
    if ((frame->count != sum->count || frame->type_count != sum->type_count) && may_be_others(audit, mfn, sum)) {
        return;
    }
    if (frame->count != sum->count) {
        violation(audit, 5, mfn, sum->count, frame->count);
    } else if (frame->type_count != sum->type_count) {
        violation(audit, 5, mfn, sum->type_count, frame->type_count);
    } else if (frame->type == FRAME_L2 && !(frame->flags & FRAME_LEAVING) && frame->directory.linear != sum->linear) {
        violation(audit, 4, mfn, (uint32_t)sum->linear, (uint32_t)frame->directory.linear);
    } else if (frame->type == FRAME_L1 && frame->type_count != 0 &&
               !(frame->flags & (FRAME_VALIDATED | FRAME_PARTIAL | FRAME_LEAVING))) {
        violation(audit, 1, mfn, frame->type_count, frame->flags);
    }
}

uint32_t direct_audit(struct domain *domain, uint32_t *checks) {
    struct audit audit = { .domain = domain };

    domain->mmu_counters[TRACE_MMU_COUNTER_audits]++;
    for (; audit.first < frame_limit; audit.first += GROUP) {
        uint32_t end = frame_limit - audit.first < GROUP ? frame_limit : audit.first + GROUP;

        memset(sums, 0, sizeof(sums));
        add_everything(&audit, frame_limit);
        for (uint32_t n = audit.first; n < end; n++) {
            compare(&audit, (mfn_t){ n });
        }
    }
    domain->violations += audit.violations;
    *checks = audit.checks;
    return audit.violations;
}

void direct_audit_sometimes(struct domain *domain) {
    if (++domain->table_operations % AUDIT_INTERVAL == 0) {
        uint32_t checks, violations = direct_audit(domain, &checks);

        trace_audit_done(checks, violations);
    }
}
