/*
 * tlbsim.h - a trace's references and flushes through TLBs: the emulator's own, which must make the walks that are in
 * the trace, and others that were asked for.
 *
 * Rules:
 *   - The emulator's TLB is compared from the first flush of everything on, and after a gap from the next one:
 *     before, its content is not known. A walk that nothing but itself speaks of (a failed one; that of the second
 *     page of an instruction, which Bochs looks up when it decodes and not when it executes; of an access that was
 *     not traced) must be one that the TLB makes, too.
 *   - Where a TLB with tags was asked for, the same without them runs beside it: what tags save is the difference.
 * Callers: analysis/tools/tlbsim.c.
 */
#ifndef ANALYSIS_TLBSIM_H
#define ANALYSIS_TLBSIM_H

#include <stdio.h>

#include "analysis/bochs_tlb.h"
#include "analysis/tlb_model.h"

struct tlbsim_difference {
    const char *what;          /* null: none */
    struct reference reference;
};

struct tlbsim {
    struct replay replay;
    struct bochs_tlb bochs;
    uint64_t walks, unknown;   /* in the trace; of them where an entry was not known yet */
    uint64_t reproduced, unmade, surplus; /* of the others: made by the TLB too, not made by it; made by it alone */
    uint64_t alone_failed, alone_fetch, alone_data; /* of the walks: those that only they themselves speak of */
    struct tlbsim_difference first;

    struct tlb_page *pages;    /* what is known of each */
    uint32_t *known, known_count; /* those of which something is */
    struct tlb_model **models;
    struct tlb_model **plain;  /* of each the same without tags; null: it has none */
    uint32_t count;
    uint64_t flushes[REPLAY_CAUSES];
};

void tlbsim_begin(struct tlbsim *sim);
void tlbsim_add(struct tlbsim *sim, const struct tlb_shape *shape);
/* What follow_trace hands out; state is a struct tlbsim. */
void tlbsim_item(void *state, const struct context *context, const struct stream_item *item);
void tlbsim_event(void *state, const struct context *context, const struct event *event);
/* Behind the last of them. */
void tlbsim_end(struct tlbsim *sim);
void tlbsim_free(struct tlbsim *sim);

uint64_t tlb_misses(const struct tlb_model *model);
/* Misses that the tags of model number i spared; may be negative. */
int64_t tlbsim_saved(const struct tlbsim *sim, uint32_t i);

void print_tlbsim_table(FILE *to, const struct tlbsim *sim);
void print_tlbsim_csv(FILE *to, const struct tlbsim *sim);
void print_tlbsim_json(FILE *to, const struct tlbsim *sim);
/* Tell people about the first walk in which the emulator's TLB differs, if there is one. */
void print_tlbsim_difference(FILE *to, const struct tlbsim *sim);

#endif
