/*
 * check.h - the rules that an instruction stream and the records beside it keep, each with a number and a function that
 * checks it. A trace that breaks one was not recorded, stored or decoded rightly.
 *
 *   check_flow.c, how instructions follow each other:
 *     1  time      A run begins at the instruction that comes next by the clock; a transfer has the time of the
 *                  instruction before it.
 *     2  address   A run begins where the transfer before it led, or else behind the instruction before it.
 *     3  branch    Behind a near branch with a fixed target comes the target or, when it has a condition, the next
 *                  instruction.
 *     4  ring      The ring is the one that the last transfer led to: nothing else changes it.
 *     5  fault     Behind an instruction that did not complete comes an exception.
 *     6  transfer  A transfer is of the kind of the instruction before it (iret, INT n, far, hlt), and such an
 *                  instruction does not pass without one.
 *     7  repeat    Only a string instruction with a prefix takes more than one pass or counts iterations.
 *   check_returns.c
 *     8  return    The hypervisor's iret goes to where the context was left, unless a record in between says why not.
 *   check_memory.c, what page walks say of instructions and accesses:
 *     9  walk      A walk begins in the table that CR3 names, goes on in the one that the entry names, at the indexes
 *                  of its address, and sets accessed and dirty only where they were not set.
 *    10  fetch     An instruction lies in a page that a walk found since the TLB was last made to drop it, and in the
 *                  frame found there.
 *    11  access    The same of each access to data; what is written was found writable and dirty.
 *   check_bytes.c
 *    12  bytes     Two pieces of code agree where they lie in the same place of memory, unless it was written
 *                  between.
 *   check_counts.c, what the records say:
 *    13  totals    From one hw_counters record to the next the instructions of each ring are those of the stream, and
 *                  so are the page walks.
 *    14  records   An hw_ring, hw_exception or hw_interrupt record has its transfer.
 *
 * Rules: what depends on something before the window, or in a gap, is not held against the trace. 8 looks at guests
 * only where the record classes fault and hypercall were on. 9 to 11 begin where TLB control is recorded, 10 and 11 of
 * each page with its first walk, and hold for two levels of tables. 12 needs accesses. Work is done a run, not an
 * instruction; memory grows with the code.
 * Callers: analysis/tools/check.c.
 */
#ifndef ANALYSIS_CHECK_H
#define ANALYSIS_CHECK_H

#include <stdio.h>

#include "analysis/check_parts.h"
#include "analysis/follow.h"

#define CHECK_RULES 14
#define CHECK_KEPT 10 /* offences that are told in full */

struct check_offence {
    unsigned rule;
    uint64_t time;
    struct context context;
    uint32_t address;         /* linear, of the instruction or data it is about */
    char what[160];
};

struct check {
    struct follow *follow;    /* the caller's */
    uint64_t checked[CHECK_RULES + 1], offences[CHECK_RULES + 1]; /* by number */
    struct check_offence list[CHECK_KEPT];
    unsigned kept;
    const struct context *context; /* of what is looked at now */
    bool in_gap;              /* nothing is known until the next run */

    struct check_flow flow;
    struct check_returns returns;
    struct check_memory memory;
    struct check_bytes bytes;
    struct check_counts counts;
};

/* What follow_trace hands out; state is a struct check, zeroed but for what is the caller's. */
void check_item(void *state, const struct context *context, const struct stream_item *item);
void check_event(void *state, const struct context *context, const struct event *event);
void check_free(struct check *check);

/* The rule's name, from 1. */
const char *check_rule_name(unsigned rule);
uint64_t check_offences(const struct check *check);

void print_check_table(FILE *to, const struct check *check);
void print_check_csv(FILE *to, const struct check *check);
void print_check_json(FILE *to, const struct check *check);
/* Tell people about the first offences. */
void print_check_offences(FILE *to, const struct check *check);

/*
 * For the check_*.c: one more case was looked at, and when wrong an offence against the rule, at time and address.
 * Returns wrong.
 */
bool check_case(struct check *check, unsigned rule, bool wrong, uint64_t time, uint32_t address, const char *format,
                ...) __attribute__((format(printf, 6, 7)));

#endif
