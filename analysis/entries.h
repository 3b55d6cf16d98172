/*
 * entries.h - what the hypervisor executed on behalf of whom: each entry from an outer ring into ring 0, from its first
 * instruction to the last before the guest goes on.
 *
 * Rules:
 *   - What an entry was for is told by how it came (interrupt, exception and its vector) and by the records in it.
 *   - Another vcpu's time is not this one's: at a sched_switch the entry ends; what follows up to the guest is an
 *     entry of its own, "switched to".
 *   - An entry of which a part is not in the stream or not in the window is not counted.
 *   - Guest page-table writes (BY_PTE_WRITE) are the entries that carried out, or had to let happen, a change of a
 *     guest's page tables: mmu_update, update_va_mapping and a multicall with such; faults of stores to a table; and
 *     whatever compared a table that had been out of sync or disconnected. Other entries are left out.
 *   - Memory: a line a kind, at most ENTRY_KINDS of them (the rest is "more"), and one a function of each kind.
 * Callers: analysis/profile.c.
 */
#ifndef ANALYSIS_ENTRIES_H
#define ANALYSIS_ENTRIES_H

#include "analysis/follow.h"
#include "analysis/spread.h"

#define ENTRY_KINDS 200

/* Which entries, and by what they are told apart. */
enum entries_by { BY_ENTRY, BY_HYPERCALL, BY_FAULT, BY_PTE_WRITE };

struct entry_function {
    uint32_t kind, function;
    uint64_t instructions;
    uint64_t entries;           /* in so many entries of the kind it executed */
};

struct entry_kind {
    char name[96];
    struct spread instructions; /* of an entry */
    uint64_t writes;            /* page-table entries written, where that is told */
};

struct entries {
    enum entries_by by;
    struct entry_kind *kinds;
    uint32_t count;
    struct entry_function *functions;
    uint32_t function_count;

    /* for entries.c alone */
    struct map by_function;     /* kind, function -> index in functions */
    struct entry *now;          /* the one that is under way, if any */
    bool outside;               /* the processor was in an outer ring since the last instruction of ring 0 */
    struct stream_transfer transfer; /* the last one into ring 0 */
};

/* So many instructions of a function were executed in the context's ring. */
void entries_run(struct entries *entries, const struct context *context, uint32_t function, uint64_t instructions);
void entries_transfer(struct entries *entries, const struct stream_transfer *transfer);
void entries_event(struct entries *entries, const struct event *event);
void entries_gap(struct entries *entries);
/* Sort kinds by their instructions, and the functions by kind and theirs. Nothing may be added any more. */
void entries_finish(struct entries *entries);
void entries_free(struct entries *entries);

#endif
