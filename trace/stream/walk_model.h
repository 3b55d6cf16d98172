/*
 * walk_model.h - how page walks are predicted, by the agent that writes them and by the reader alike.
 *
 * A walk is the processor's search for a translation that its TLB does not have: it reads an entry of the directory
 * and, unless this one is absent or maps 4 MiB, one of a table; then it sets accessed and dirty in them and fills the
 * TLB, or a page fault comes of it. Pages are looked up in the same order again and again, after each flush, so that
 * the page, purpose and time of the next walk are predicted from the page and purpose of the last one; the entries
 * from what was in the same place the last time; the outcome from the entries. Only what was predicted wrongly is
 * written. The columns of a packet, in their order:
 *
 *   column    what is in it
 *   count     one number: walks in the packet
 *   tokens    a byte for each walk with anything predicted wrongly: in bits 0 to 5 what (WALK_WRONG_*), in bits 6 and 7
 *             how many walks before it, since the last of these, were predicted right; 3 says that a number with how
 *             many more follows
 *   pages     a number for each wrong page or purpose: 8 * page + purpose
 *   gaps      a number for each wrong gap: instructions begun since the walk before, or the packet's first instruction
 *   roots     a number for each wrong root: the frame of the directory; predicted is that of the walk before
 *   entries   two numbers for each wrong entry, that of the directory first: its bits 12 to 31, its bits 0 to 11
 *   outcomes  a byte for each wrong outcome
 *
 * A purpose is WALK_READ, WALK_WRITE (also: reads and writes) or WALK_FETCH, and WALK_USER added in ring 3. An
 * outcome is made of WALK_* bits; predicted is what a processor does whose CR0.WP and CR4.PSE are set.
 *
 * Rules: a packet begins with nothing remembered, and can be read alone. Any walk can be written.
 * Source: Intel SDM volume 3, 4.3 (32-bit paging), 4.6 (access rights), 4.8 (accessed and dirty).
 * Callers: walk_encode.c beside this file, analysis/stream_walks.c.
 */
#ifndef TRACE_STREAM_WALK_MODEL_H
#define TRACE_STREAM_WALK_MODEL_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum walk_purpose { WALK_READ = 0, WALK_WRITE = 1, WALK_FETCH = 2, WALK_USER = 4 };

enum walk_outcome {
    WALK_SET_DIRECTORY = 1, /* the walker set bits in the directory's entry */
    WALK_SET_TABLE = 2,     /* ... in the table's */
    WALK_READ_TABLE = 4,    /* it read a table's entry */
    WALK_FILLED = 8,        /* the TLB got an entry; otherwise there was a page fault */
};

enum walk_wrong {
    WALK_WRONG_PAGE = 1, WALK_WRONG_GAP = 2, WALK_WRONG_ROOT = 4, WALK_WRONG_DIRECTORY = 8, WALK_WRONG_TABLE = 16,
    WALK_WRONG_OUTCOME = 32,
};

enum walk_column {
    WALK_COUNT, WALK_TOKENS, WALK_PAGES, WALK_GAPS, WALK_ROOTS, WALK_ENTRIES, WALK_OUTCOMES, WALK_COLUMNS
};

#define WALK_TOKEN_BITS 6u /* of what is wrong */
#define WALK_TABLE_BITS 16u
#define WALK_ENTRY_PRESENT 1u
#define WALK_ENTRY_WRITABLE 2u
#define WALK_ENTRY_USER 4u
#define WALK_ENTRY_ACCESSED 0x20u
#define WALK_ENTRY_DIRTY 0x40u
#define WALK_ENTRY_LARGE 0x80u

struct walk {
    uint64_t time;      /* of the instruction that last began */
    uint32_t page;      /* linear address, less its 12 low bits */
    uint32_t purpose;
    uint32_t root;      /* frame of the directory */
    uint32_t directory; /* the entries as they were read */
    uint32_t table;     /* 0 when none was read */
    uint32_t outcome;
};

/* What came after a walk, the last time. */
struct walk_next {
    uint32_t page;
    uint32_t purpose;
    uint64_t gap;
};

struct walk_model {
    struct walk_next next[1u << WALK_TABLE_BITS];
    uint32_t entries[1u << WALK_TABLE_BITS]; /* by physical address */
    struct walk last;
};

/* Nothing is remembered; time: the packet's first instruction. */
static inline void walk_model_reset(struct walk_model *model, uint64_t time) {
    memset(model, 0, sizeof(*model));
    model->last.time = time;
}

static inline uint32_t walk_model_hash(uint32_t value) {
    return value * 0x9e3779b1u >> (32 - WALK_TABLE_BITS);
}

/* What is predicted to come after the last walk. */
static inline struct walk_next *walk_model_next(struct walk_model *model) {
    return &model->next[walk_model_hash((model->last.page << 3 | model->last.purpose) + 1)];
}

/* Physical addresses of the entries of a walk. */
static inline uint32_t walk_directory_address(const struct walk *walk) {
    return walk->root << 12 | (walk->page >> 10) << 2;
}

static inline uint32_t walk_table_address(const struct walk *walk) {
    return (walk->directory & ~0xfffu) | (walk->page & 0x3ff) << 2;
}

/* What is remembered of the entry at a physical address. */
static inline uint32_t *walk_model_entry(struct walk_model *model, uint32_t address) {
    return &model->entries[walk_model_hash(address >> 2)];
}

/* The bits that are set in an entry when a walk for this purpose fills the TLB. */
static inline uint32_t walk_bits(uint32_t purpose, bool leaf) {
    return WALK_ENTRY_ACCESSED | (leaf && (purpose & WALK_WRITE) ? WALK_ENTRY_DIRTY : 0);
}

/* The outcome that the directory's entry predicts of itself (WALK_READ_TABLE or nothing). */
static inline uint32_t walk_goes_on(const struct walk *walk) {
    return (walk->directory & WALK_ENTRY_PRESENT) && !(walk->directory & WALK_ENTRY_LARGE) ? WALK_READ_TABLE : 0;
}

/* The outcome that the entries predict. */
static inline uint32_t walk_predicted_outcome(const struct walk *walk) {
    uint32_t outcome = walk_goes_on(walk);
    uint32_t both = outcome ? walk->directory & walk->table : walk->directory;
    uint32_t wanted = WALK_ENTRY_PRESENT | (walk->purpose & WALK_WRITE ? WALK_ENTRY_WRITABLE : 0) |
                      (walk->purpose & WALK_USER ? WALK_ENTRY_USER : 0);

    if ((both & wanted) != wanted)
        return outcome;
    outcome |= WALK_FILLED;
    if (walk_bits(walk->purpose, !(outcome & WALK_READ_TABLE)) & ~walk->directory)
        outcome |= WALK_SET_DIRECTORY;
    if ((outcome & WALK_READ_TABLE) && (walk_bits(walk->purpose, true) & ~walk->table))
        outcome |= WALK_SET_TABLE;
    return outcome;
}

/* Remember a walk; next: what walk_model_next returned. */
static inline void walk_model_learn(struct walk_model *model, struct walk_next *next, const struct walk *walk) {
    bool goes_on = walk->outcome & WALK_READ_TABLE;

    *next = (struct walk_next){ .page = walk->page, .purpose = walk->purpose, .gap = walk->time - model->last.time };
    *walk_model_entry(model, walk_directory_address(walk)) =
        walk->directory | (walk->outcome & WALK_SET_DIRECTORY ? walk_bits(walk->purpose, !goes_on) : 0);
    if (goes_on)
        *walk_model_entry(model, walk_table_address(walk)) =
            walk->table | (walk->outcome & WALK_SET_TABLE ? walk_bits(walk->purpose, true) : 0);
    model->last = *walk;
}

#endif
