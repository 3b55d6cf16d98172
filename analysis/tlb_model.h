/*
 * tlb_model.h - a TLB as one may be built: levels, sets, tags for address spaces, a cache of directory entries.
 *
 * A model is described by words with commas between them; each has a value that it has when it is not given:
 *   entries=64    of the first level; a number of sets that is a power of two
 *   ways=4        entries of a set; 0: all are one set
 *   split=no      yes: the first level is two such tables, one for instructions
 *   entries2=0    of the second level, for both; 0: there is none. ways2=4
 *   global=yes    pages that are marked global stay when CR3 is loaded
 *   tags=0        so many address spaces are told apart, by the value of CR3; as with PCID, a load of CR3 with
 *   another
 *                 value drops nothing, one with the same value drops the entries of that space
 *   walks=0       directory entries that are kept; a walk that finds its own reads one entry less
 *   name=TEXT     for the report; without it the description itself
 * Of a set the entry that was used longest ago makes room. A large page has one entry. A write to a page whose entry
 * was loaded clean walks again to set dirty, a reference that the entry's rights do not allow walks again, too.
 *
 * What a model knows of a page it knows from the walks in the trace, whoever made them: they are those of the
 * emulator. A tagged entry that no longer fits them, since the hypervisor relied on a flush that the tag spared, is
 * stale: it counts as dropped, and is counted. Rules: memory is that of the tables and 16 MiB for what is known of
 * pages. Callers: analysis/tlbsim.c.
 */
#ifndef ANALYSIS_TLB_MODEL_H
#define ANALYSIS_TLB_MODEL_H

#include "analysis/replay.h"

#define TLB_TAGS_MAX 4096u

struct tlb_shape {
    char name[80];
    uint32_t entries, ways, entries2, ways2, tags, walks;
    bool split, global;
};

/* Read a description. False: why says for people what is wrong with it. */
bool tlb_shape_read(struct tlb_shape *shape, const char *text, char *why, size_t why_bytes);

struct tlb_entry {
    uint64_t used;             /* when last; 0: not valid */
    uint32_t page;             /* the first of a large page */
    uint32_t frame;
    uint16_t tag, rights;      /* WALK_... */
};

struct tlb_table {
    struct tlb_entry *entries;
    uint32_t sets, ways;
};

/* What is known of a page. */
struct tlb_page {
    uint32_t frame;
    uint16_t rights;
    uint8_t levels;            /* entries that a walk reads; 0: nothing is known */
};

struct tlb_counts {
    uint64_t references, misses[3]; /* by enum stream_walk_use */
    uint64_t second;           /* of the misses of the first level, found in the second: these are no misses */
    uint64_t reads;            /* entries read from memory by walks */
    uint64_t failed;           /* walks that failed, which any TLB makes */
    uint64_t stale;
    uint64_t spared;           /* flushes that drop nothing because the address space has a tag */
    uint64_t cold;             /* misses of pages that were not referenced before, */
    uint64_t refills[REPLAY_CAUSES]; /* whose entry a flush had dropped, by its cause, */
    uint64_t other;            /* and for another reason: no room, another address space, more rights */
};

struct tlb_model {
    struct tlb_shape shape;
    struct tlb_table data, fetch, second, walks;
    struct tlb_counts counts;
    uint8_t *dropped;          /* of each page: why it may be missing, see tlb_model.c */
    uint64_t clock;
    uint32_t roots[TLB_TAGS_MAX]; /* CR3 by tag */
    uint64_t root_used[TLB_TAGS_MAX];
    uint32_t tag_count;
    uint16_t tag;              /* the current one */
};

void tlb_begin(struct tlb_model *model, const struct tlb_shape *shape);
/* page: what is known of the reference's page, its walk included. */
void tlb_refer(struct tlb_model *model, const struct reference *reference, const struct tlb_page *page);
void tlb_flush(struct tlb_model *model, const struct replay_flush *flush);
/* Nothing is known any more; pages: those that references were made to. */
void tlb_forget(struct tlb_model *model, const uint32_t *pages, uint32_t count);
void tlb_free(struct tlb_model *model);

#endif
