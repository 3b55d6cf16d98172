/*
 * entry_names.h - what an entry into the hypervisor was for, in words.
 *
 * Callers: analysis/entries.c, summary_domains.c, timeline_entries.c.
 */
#ifndef ANALYSIS_ENTRY_NAMES_H
#define ANALYSIS_ENTRY_NAMES_H

#include "analysis/entries.h"

#define HYPERCALL_VECTOR 0x82u
#define NO_HYPERCALL UINT32_MAX

/* What was seen of an entry. */
struct entry_facts {
    bool switched_to;           /* it is what followed a sched_switch */
    bool is_exception, is_interrupt;
    uint32_t vector;
    uint32_t hypercall;         /* the first one answered; NO_HYPERCALL */
    uint64_t parts;             /* of a multicall: bit n: hypercall n, 63: one of a higher number */
    uint64_t requests;          /* changes that these hypercalls asked for */
    bool shadow_fault;
    uint32_t path;              /* of the first shadow_fault */
    bool to_guest, fpu, segment, privop;
    uint32_t privop_what;
    uint64_t writes, resync_writes; /* shadow_guest_write; of them those that a resync found */
    bool disconnect, reconnect, resync;
    uint64_t reconnect_writes;
};

/* Take notice of a record of the hypervisor during the entry. */
void entry_facts_event(struct entry_facts *facts, const struct event *event);
/* "mmu_update", "hypercall 77". NO_HYPERCALL: one of a multicall's that is not over. */
void name_hypercall(uint32_t number, char *text, size_t size);
/* Write the entry's name into text. False: it is not one of those that `by` means. */
bool entry_name(const struct entry_facts *facts, enum entries_by by, char *text, size_t size);
/* Page-table entries that it wrote. */
uint64_t entry_writes(const struct entry_facts *facts);
/* Xen's name of a hypercall, "hypercall N" for one that it has none for, "multicall" for NO_HYPERCALL. */
void name_hypercall(uint32_t number, char *text, size_t size);
/* Does this hypercall change page tables? */
bool is_table_hypercall(uint32_t number);

#endif
