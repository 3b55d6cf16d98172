/*
 * tables.h - what the modes did with the guest's page tables: direct and writable mode validated them, disconnected and
 * connected them again, refused requests; shadow mode let the processor run stores that it did not carry out.
 *
 * Rules: each record counts as what it says. A trace whose hypervisor_start says that class mmu was off has no records
 * of disconnects and refusals, one without class shadow none of stores.
 * Callers: analysis/tools/modes.c.
 */
#ifndef ANALYSIS_TABLES_H
#define ANALYSIS_TABLES_H

#include <stdbool.h>

#include "analysis/event.h"
#include "analysis/samples.h"

struct tables {
    bool without_records;      /* class mmu was off */
    struct groups types;       /* by enum table_type: one number for each frame that became that, 0 */
    uint64_t disconnects;
    struct groups reconnects;  /* by enum reconnect: entries changed while the table was disconnected */
    struct groups refusals;    /* by enum refusal: one number for each refused request, 0 */
    bool without_fallbacks;    /* class shadow was off */
    struct groups fallbacks;   /* by enum fallback: one number for each store, 0 */
    struct groups declined;    /* of reason instruction, by the first four bytes, the first one lowest: the same */
};

/* Take notice of an event. */
void tables_event(struct tables *tables, const struct event *event);
/* The bytes of a group of declined, "0f 11 07 c3", in text of at least 12. */
const char *code_title(uint32_t code, char *text);
/* No more events. */
void tables_finish(struct tables *tables);
void tables_free(struct tables *tables);

#endif
