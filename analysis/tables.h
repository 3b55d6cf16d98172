/*
 * tables.h - what direct and writable mode did with the guest's page tables: validated them, disconnected and connected
 * them again, refused requests.
 *
 * Rules: each record counts as what it says. A trace whose hypervisor_start says that class mmu was off has no records
 * of disconnects and refusals.
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
};

/* Take notice of an event. */
void tables_event(struct tables *tables, const struct event *event);
/* No more events. */
void tables_finish(struct tables *tables);
void tables_free(struct tables *tables);

#endif
