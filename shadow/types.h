/*
 * types.h - the state of the engine.
 *
 * Rules: a pool frame and its description (struct shadow_page) share one index; index NONE is no page. Everything
 * here belongs to one domain; the host lets one CPU at a time into the engine for a domain (its lock, not ours).
 * Callers: the engine only. Hosts and their tests see shadow.h.
 */
#ifndef SHADOW_TYPES_H
#define SHADOW_TYPES_H

#include "shadow/decode.h"
#include "shadow/shadow.h"
#include "trace/emit.h"

#define NONE 0xffffffffu

/* Does the engine see the guest's stores to a table? (rule S8; sync.h) */
enum sync {
    SYNCED,          /* they trap */
    UNSYNCED,        /* they do not: at the next flush event its shadow is dropped */
    UNSYNCED_OOS,    /* they do not: at the next flush event it is compared with a snapshot (oos.h) */
    ANNOUNCED,       /* they do not: the guest announces them (policy.h) */
};

enum shadow_kind {
    KIND_FREE = 0,
    KIND_L1 = TRACE_SHADOW_KIND_l1,   /* stands for a guest L1 table */
    KIND_L2 = TRACE_SHADOW_KIND_l2,   /* stands for a guest L2 table: a root */
    KIND_FL1 = TRACE_SHADOW_KIND_fl1, /* the 4 KiB pieces of a 4 MiB guest page */
};

/*
 * What the TLB may wrongly remember after a change (bits; rules F1-F9). Of global translations the same bits come once
 * more, LOST_GLOBAL_SHIFT higher: those outlive a load of CR3.
 */
enum lost {
    LOST_TRANSLATION = 1, /* some translation that no shadow entry gives any more */
    LOST_WRITE = 2,       /* one that was writable: the reverse map does not know it */
    LOST_SPLINTER = 4,    /* pieces of a 4 MiB page, which a guest forgets with one invlpg */
};
#define LOST_GLOBAL_SHIFT 4
#define LOST_GLOBALS ((LOST_TRANSLATION | LOST_WRITE | LOST_SPLINTER) << LOST_GLOBAL_SHIFT)

static inline uint32_t globally(uint32_t lost) {
    return lost << LOST_GLOBAL_SHIFT;
}

/* One page of the pool. */
struct shadow_page {
    uint32_t frame;       /* what it stands for: guest table's mfn; FL1: guest frame number of the first piece */
    uint8_t kind;         /* enum shadow_kind */
    uint8_t attributes;   /* FL1: PTE_PWT and PTE_PCD of the large entry, part of its identity; else 0 */
    uint8_t sync;         /* enum sync */
    bool global;          /* some of its entries are, or were, global */
    uint32_t unsynced_at; /* shadow->flush_events when it went out of sync */
    uint32_t live;        /* entries that are not zero, hypervisor's slots not counted */
    uint32_t parents;     /* L2 entries that link to it */
    uint32_t hash_next;   /* index of the next page in its hash chain, or NONE */
    uint32_t previous;    /* its list: recent, free or quarantine */
    uint32_t next;
};

/* One reverse-map node: the shadow entry at location maps frame. */
struct rmap_node {
    uint32_t frame;
    uint32_t location;    /* page index << TABLE_SHIFT | entry index */
    uint32_t next;        /* in the bucket of frame; also the chain of free nodes */
    uint32_t previous;    /* the same bucket's node before it; anything in the first */
    uint32_t next_place;  /* in the bucket of location */
};

/*
 * 4 MiB of machine memory: how many superpages name it, [1] those that are writable. While there are any, references
 * of that kind to all its frames are held (P3 of superpage.h).
 */
struct superframe {
    uint32_t superpages[2];
};

/* As many as the machine can have (fewer only in the exhaustive test). */
#ifndef SUPERFRAMES
#define SUPERFRAMES (1u << (32 - L2_SHIFT))
#endif

/*
 * A table that is out of sync by choice: the page (index) and what the table held when the engine last looked. No
 * page: the slot is free.
 */
struct oos_slot {
    uint32_t page;
    pte_t *snapshot;
};

/* A table that the guest writes (heat.h). */
struct hot_table {
    uint32_t frame;
    uint32_t writes;      /* that trapped, with few fills in between */
    uint32_t fills;       /* the counter at the last of them */
};
#define HOT_TABLES 16u

/* The heads of the three lists are the last elements of pages[]: lists are circular and never empty of a head. */
enum list {
    LIST_RECENT,          /* pages in use, most recently used first */
    LIST_FREE,            /* ready for use, all zero */
    /* all zero, but a paging-structure cache may still know it: free after the next full flush (F4) */
    LIST_QUARANTINE,
    LISTS,
};

/* An instruction that was taken apart, and its bytes: as many as any has that needs no prefix. */
#define CODE_WORDS 3u
#define DECODED 32u
struct decoded {
    uint32_t valid;
    uint32_t code[CODE_WORDS];
    struct instruction instruction;
};

#define NO_CODE_PAGE 0xffffffffu

#define COUNTERS (TRACE_COUNTER_superpage_splits + 1)

struct shadow {
    struct domain *domain;

    /* the pool */
    smfn_t first;
    uint32_t pool_frames;
    pte_t *memory;               /* the pool frames themselves */
    uintptr_t memory_bias;       /* added to a pool frame's machine address it gives where that is mapped */
    struct shadow_page *pages;   /* pool_frames, then LISTS list heads */
    uint32_t listed[LISTS];      /* lengths */

    /* who stands for what */
    uint32_t *hash;
    uint32_t hash_shift;

    /* reverse map */
    struct rmap_node *nodes;
    uint32_t node_count;
    uint32_t node_limit;         /* so many nodes in use, and the next fault must see to something first (pool.h) */
    uint32_t node_free;          /* head of the chain of nodes that were used and are free again */
    uint32_t nodes_touched;      /* nodes from here on were never used */
    uint32_t nodes_used;
    uint32_t *rmap;              /* buckets of frames */
    uint32_t *places;            /* buckets of locations, as many */
    uint32_t place_mask;
    uint32_t rmap_shift;
    struct superframe *superframes;

    /* the vcpu's base pointer and its root */
    mfn_t base;                  /* NONE before the first */
    pte_t *base_table;           /* base, mapped as long as it is current */
    uint32_t linear_end;         /* addresses from here on are not the guest's: all, before the first base pointer */
    uint32_t root;               /* page index, or NONE before the first base pointer */
    struct shadow_page *root_page;
    pte_t *root_table;

    /*
     * Where the guest's last emulated instruction came from, remembered as a TLB would: until any forgetting. The
     * instruction was fetched by the processor through just such an entry.
     */
    uint32_t code_page;          /* linear address of a page, or NO_CODE_PAGE */
    const uint8_t *code;         /* its frame, mapped until there is another one; NULL: none yet */

    struct decoded decoded[DECODED]; /* by eip; valid wherever the bytes are the same */

    /* forgetting */
    uint32_t stale;              /* bits of enum lost: put off until the next flush that forgets them */
    uint32_t stale_since;        /* full_flushes when there came to be some that is not global */
    uint32_t full_flushes;       /* times that everything, or all but what is global, was forgotten */
    uint32_t flush_events;       /* events at which hardware would have to forget everything */
    uint32_t out_of_sync;        /* pages that are not SYNCED */

    /* what is done about stores to tables, and beside it (policy.h) */
    uint32_t policy;             /* enum shadow_policy */
    uint32_t switches;           /* bits SHADOW_SWITCH_* */
    pte_t passed_on;             /* what an entry of an L1 table passes on to its shadow (propagate.h) */
    bool made_global;            /* some entry was made global since everything was dropped */
    uint32_t retired;            /* without the root cache: the root (page index) that is freed next, or NONE */
    struct oos_slot oos[SHADOW_OOS_TABLES];
    struct hot_table hot[HOT_TABLES];

    /* what somebody else watches: a bit for each machine frame (marks.h), or NULL */
    uint32_t *dirty;             /* written since it was cleaned (dirty.h) */
    uint32_t *seen;              /* used since it was asked for (sample.h) */
    uint32_t marked_frames;      /* machine frames that have a bit */
    uint32_t dirty_faults;       /* stores that faulted for W1 */

    uint32_t last_filled;        /* machine frame of the leaf page that was filled last */
    uint32_t references;         /* frame references held for leaf entries and superpages (S5) */
    uint32_t counters[COUNTERS];
};

/* counter: TRACE_COUNTER_... */
static inline void count(struct shadow *shadow, uint32_t counter) {
    shadow->counters[counter]++;
}

static inline uint32_t page_index(const struct shadow *shadow, const struct shadow_page *page) {
    return (uint32_t)(page - shadow->pages);
}

/* The entries of a page. */
static inline pte_t *page_table(const struct shadow *shadow, const struct shadow_page *page) {
    return shadow->memory + ((uint32_t)page_index(shadow, page) << TABLE_SHIFT);
}

/* Machine frame number of a page. */
static inline uint32_t page_smfn(const struct shadow *shadow, const struct shadow_page *page) {
    return shadow->first.n + page_index(shadow, page);
}

/* The entries of the page behind a link. */
static inline pte_t *linked_table(const struct shadow *shadow, pte_t link) {
    return (pte_t *)(shadow->memory_bias + (link & PTE_FRAME_MASK));
}

/* The page behind a link (a present L2 shadow entry). */
static inline struct shadow_page *linked_page(const struct shadow *shadow, pte_t link) {
    return &shadow->pages[(link >> PAGE_SHIFT) - shadow->first.n];
}

/* How many entries of a page are the guest's: in a root the upper ones are the hypervisor's. */
static inline uint32_t guest_entries(const struct shadow_page *page) {
    return page->kind == KIND_L2 ? HYPERVISOR_L2_FIRST : TABLE_ENTRIES;
}

_Static_assert(sizeof(struct shadow_page) == 32, "from a page to its index is one shift");

#define ENGINE_ASSERT(condition, text) \
    do { \
        if (__builtin_expect(!(condition), 0)) { \
            shadow_port_panic(__FILE__, __LINE__, text); \
        } \
    } while (0)

#endif
