/*
 * bochs_tlb.h - the TLB of Bochs 2.7 as it is: which references make it walk.
 *
 *   - Two tables, directly mapped by the low bits of the page number: 2048 entries for data, 1024 for instructions.
 *     Of a large page each piece of 4 KiB has its own.
 *   - An entry allows what it was loaded for: one that a read loaded does not allow writes, one that was loaded with
 *     the rights of the kernel does not allow ring 3. What is not allowed makes a walk, which loads the entry anew;
 *     for data the entry is dropped first, so that nothing is left when the walk fails.
 *   - MOV to CR3 drops what is not global, or everything when CR4.PGE is off; MOV to CR0 and CR4 everything when a
 *     bit of paging changes; so does a load of DR7. INVLPG drops the entry of the page, or when a large page was
 *     loaded every entry whose page it lies in.
 *   - Pushes and pops go to the page that the last of them went to without looking it up, as long as nothing was
 *     dropped and no stack segment loaded; the page must have been writable, and its last seven bytes do not count.
 * Callers: analysis/tlbsim.c. Source: Bochs 2.7, cpu/tlb.h, paging.cc (translate_linear), stack.cc, crregs.cc.
 */
#ifndef ANALYSIS_BOCHS_TLB_H
#define ANALYSIS_BOCHS_TLB_H

#include "analysis/replay.h"

#define BOCHS_DATA_ENTRIES 2048u
#define BOCHS_FETCH_ENTRIES 1024u

struct bochs_entry {
    uint32_t page;
    uint8_t allows;           /* one bit a use and ring; 0: not valid */
    bool global, large;
    bool known;               /* it was loaded, or dropped with all others, since the beginning or a gap */
};

struct bochs_table {
    struct bochs_entry *entries;
    uint32_t count;
    bool has_large;
};

struct bochs_tlb {
    struct bochs_entry data_entries[BOCHS_DATA_ENTRIES], fetch_entries[BOCHS_FETCH_ENTRIES];
    struct bochs_table data, fetch;
    bool has_stack_page;
    uint32_t stack_page;
    bool stack_known;         /* everything that may have made it was seen since it was forgotten last */
};

void bochs_begin(struct bochs_tlb *tlb);
enum bochs_answer { BOCHS_FINDS, BOCHS_WALKS, BOCHS_UNKNOWN /* what was in the entry is not known */ };

/* What does it do for this reference? The entry is loaded when the reference has a walk. */
enum bochs_answer bochs_refer(struct bochs_tlb *tlb, const struct reference *reference);
/* Load the entry with the reference's rights. */
void bochs_load(struct bochs_tlb *tlb, const struct reference *reference);
void bochs_flush(struct bochs_tlb *tlb, const struct replay_flush *flush);
void bochs_note(struct bochs_tlb *tlb, enum replay_note note);

#endif
