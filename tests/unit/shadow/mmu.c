/* mmu.c - a processor's paging unit in software. See mmu.h. */
#include "tests/unit/shadow/mmu.h"

#include <string.h>

#include "shadow/propagate.h"
#include "tests/unit/shadow/host.h"

#define TLB_ENTRIES 512u

struct tlb_entry {
    bool valid;
    uint32_t page;
    uint32_t frame;
    bool write, user, dirty, global;
    bool large;          /* a part of a 4 MiB page: an INVLPG anywhere in the page forgets it */
};

struct l2_entry {
    bool valid;
    pte_t entry;
};

static struct tlb_entry tlb[TLB_ENTRIES];
static uint32_t tlb_used;
static struct l2_entry l2_cache[TABLE_ENTRIES];
static bool caches;

void mmu_forget_all(void) {
    tlb_used = 0;
    memset(l2_cache, 0, sizeof(l2_cache));
}

void mmu_forget_non_global(void) {
    uint32_t i;

    for (i = 0; i < tlb_used; i++) {
        tlb[i].valid = tlb[i].valid && tlb[i].global;
    }
    memset(l2_cache, 0, sizeof(l2_cache));
}

static void forget_linear(uint32_t linear) {
    uint32_t i;

    for (i = 0; i < tlb_used; i++) {
        if (tlb[i].page == linear >> PAGE_SHIFT) {
            tlb[i].valid = false;
        }
    }
}

/* What a page fault invalidates by itself. Source: Intel SDM volume 3, 4.10.4.1. */
static void forget_after_fault(uint32_t linear) {
    forget_linear(linear);
    l2_cache[l2_index(linear)].valid = false;
}

void mmu_forget_page(uint32_t linear) {
    uint32_t i;

    forget_linear(linear);
    for (i = 0; i < tlb_used; i++) {
        if (tlb[i].large && tlb[i].page / TABLE_ENTRIES == l2_index(linear)) {
            tlb[i].valid = false;
        }
    }
    memset(l2_cache, 0, sizeof(l2_cache));
}

void mmu_use_caches(bool on) {
    caches = on;
    mmu_forget_all();
}

static struct tlb_entry *tlb_find(uint32_t linear) {
    uint32_t i;

    for (i = 0; i < tlb_used; i++) {
        if (tlb[i].valid && tlb[i].page == linear >> PAGE_SHIFT) {
            return &tlb[i];
        }
    }
    return NULL;
}

uint32_t mmu_holds(uint32_t linear, bool writing) {
    const struct tlb_entry *entry = tlb_find(linear);

    return entry != NULL && (entry->write || !writing) ? entry->frame : 0;
}

static void tlb_add(uint32_t linear, uint32_t frame, pte_t leaf, pte_t rights, bool large) {
    struct tlb_entry *entry;

    forget_linear(linear);
    if (tlb_used == TLB_ENTRIES) {
        tlb_used = 0;
    }
    entry = &tlb[tlb_used++];
    *entry = (struct tlb_entry){.valid = true, .page = linear >> PAGE_SHIFT, .frame = frame,
                                .write = (rights & PTE_W) != 0, .user = (rights & PTE_U) != 0,
                                .dirty = (leaf & PTE_D) != 0, .global = (leaf & PTE_G) != 0, .large = large};
}

static bool allows(pte_t rights, uint32_t access) {
    return (rights & PTE_P) && !((access & FAULT_WRITE) && !(rights & PTE_W)) &&
        !((access & FAULT_USER) && !(rights & PTE_U));
}

static pte_t *table_of(uint32_t smfn) {
    CHECK(smfn >= HOST_POOL_FIRST && smfn < HOST_POOL_FIRST + host.shadow->pool_frames); /* S1 */
    return (pte_t *)(host.pool + (smfn - HOST_POOL_FIRST) * PAGE_SIZE);
}

/* The L2 entry that this walk uses, perhaps a remembered one; 0: not present. */
static pte_t l2_read(uint32_t linear, bool *fresh) {
    uint32_t index = l2_index(linear);
    pte_t *root = table_of(host.loaded.n);

    CHECK(index < HYPERVISOR_L2_FIRST);
    if (caches && l2_cache[index].valid && random_below(2) == 0) {
        *fresh = false;
        return l2_cache[index].entry;
    }
    if (root[index] & PTE_P) {
        root[index] |= PTE_A;
        l2_cache[index] = (struct l2_entry){caches && !(root[index] & PTE_PS), root[index]};
    }
    return root[index];
}

/* The walk ends at leaf, which maps frame for linear; link: the L2 entry, the same for a 4 MiB page. */
static bool use_leaf(uint32_t linear, uint32_t access, pte_t link, pte_t *leaf, uint32_t frame, uint32_t *error) {
    pte_t rights = link & *leaf & PTE_RIGHTS;

    if (!allows(rights, access)) {
        *error |= rights & PTE_P ? FAULT_PRESENT : 0;
        forget_after_fault(linear);
        return false;
    }
    *leaf |= PTE_A | (access & FAULT_WRITE ? PTE_D : 0);
    CHECK(frame < HOST_FRAMES); /* S1 */
    tlb_add(linear, frame, *leaf, rights, (link & PTE_PS) != 0);
    return true;
}

bool mmu_access(uint32_t linear, uint32_t access, struct translation *translation, uint32_t *error) {
    struct tlb_entry *known = caches && random_below(8) != 0 ? tlb_find(linear) : NULL;
    pte_t link, *leaf;
    uint32_t frame;
    bool fresh = true;

    *error = access;
    if (known != NULL && !allows((known->write ? PTE_W : 0) | (known->user ? PTE_U : 0) | PTE_P, access)) {
        if (random_below(2) == 0) { /* it may fault on what it remembers, or look again */
            *error |= FAULT_PRESENT;
            forget_after_fault(linear);
            return false;
        }
    } else if (known != NULL && (known->dirty || !(access & FAULT_WRITE))) {
        *translation = (struct translation){known->frame, false};
        return true;
    }
    link = l2_read(linear, &fresh);
    if (!(link & PTE_P)) {
        forget_after_fault(linear);
        return false;
    }
    if (link & PTE_PS) {
        CHECK(!(link & PDE_LARGE_RESERVED));
        leaf = &table_of(host.loaded.n)[l2_index(linear)];
        frame = (link >> PAGE_SHIFT & ~1u) + l1_index(linear);
    } else {
        leaf = &table_of(link >> PAGE_SHIFT)[l1_index(linear)];
        frame = *leaf >> PAGE_SHIFT;
    }
    *translation = (struct translation){frame, fresh};
    return use_leaf(linear, access, link, leaf, frame, error);
}

enum outcome mmu_run(uint32_t linear, uint32_t cpl, bool write, struct cpu_user_regs *regs,
                     struct translation *translation,
                     uint32_t *error) {
    uint32_t access = (write ? FAULT_WRITE : 0) | (cpl == 3 ? FAULT_USER : 0), attempts;
    struct cpu_user_regs none = {.eip = 0xfbfff000, .cs = FLAT_RING1_CS, .ds = FLAT_RING1_DS, .es = FLAT_RING1_DS},
        before;

    if (regs == NULL) {
        regs = &none;
    }
    regs->cs = (uint16_t)((regs->cs & ~3u) | cpl);
    before = *regs;
    for (attempts = 0; attempts < 8; attempts++) {
        enum shadow_verdict verdict;

        if (mmu_access(linear, access, translation, error)) {
            return ACCESS_DONE;
        }
        verdict = shadow_page_fault(host.shadow, linear, error, regs, cpl == 0);
        CHECK(host_maps_balance());
        if (verdict != SHADOW_RETRY || host.dead) {
            return verdict == SHADOW_TO_GUEST && !host.dead ? ACCESS_FAULT : ACCESS_DEAD;
        }
        if (memcmp(&before, regs, sizeof(before)) != 0) {
            return ACCESS_EMULATED;
        }
    }
    CHECK(!"a fault that never ends");
    return ACCESS_DEAD;
}

/* Written from the manual's description and not from the engine's code: rights as two booleans, level by level. */
int32_t model_walk(uint32_t base, uint32_t linear, uint32_t cpl, bool write, uint32_t *frame) {
    uint32_t code = (write ? 2 : 0) + (cpl == 3 ? 4 : 0);
    uint32_t upper = host_table(base)[linear / 0x400000], lower;
    bool writable, user;

    if (upper % 2 == 0) {
        return (int32_t)code;
    }
    writable = upper / 2 % 2;
    user = upper / 4 % 2;
    if (upper / 0x80 % 2) {
        if (upper & 0x3fe000) {
            return (int32_t)(code + 1 + 8);
        }
        *frame = upper / 0x400000 * 1024 + linear / 0x1000 % 1024;
    } else {
        if (upper / 0x1000 >= HOST_FRAMES || host_frame(upper / 0x1000)->ownership != OWNED) {
            return (int32_t)code;
        }
        lower = host_table(upper / 0x1000)[linear / 0x1000 % 1024];
        if (lower % 2 == 0) {
            return (int32_t)code;
        }
        writable = writable && lower / 2 % 2;
        user = user && lower / 4 % 2;
        *frame = lower / 0x1000;
    }
    if ((write && !writable) || (cpl == 3 && !user)) {
        return (int32_t)(code + 1);
    }
    if (*frame >= HOST_FRAMES || host_frame(*frame)->ownership == FOREIGN) {
        return (int32_t)code;
    }
    return write && host_frame(*frame)->ownership == GRANTED_READ ? (int32_t)(code + 1) : -1;
}
