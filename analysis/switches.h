/*
 * switches.h - switches of a domain's paging mode: how many, what each cost in instructions, and what it cost to fill
 * the TLB again.
 *
 * Rules:
 *   - A switch is a mode_switch_begin record and the mode_switch record of the same domain that follows it, with result
 *     0; with any other result it is a refused one. One of which half is missing is not counted.
 *   - Its instructions are the difference of the hw_counters snapshots of the two records: all that the processor
 *     executed from one to the other, interrupts included.
 *   - Its refill is the page walks from its mode_switch record to the next flush: the next TLB-control instruction that
 *     drops entries (flushes.h; each, in a trace without flush records). Without one they are counted to the end of the
 *     next switch, or of the trace. Flushes and walks during the switch lie before.
 * Callers: analysis/tools/summary.c, analysis/tools/modes.c.
 */
#ifndef ANALYSIS_SWITCHES_H
#define ANALYSIS_SWITCHES_H

#include <stdbool.h>

#include "analysis/event.h"
#include "analysis/samples.h"

/* All switches from one mode to another. */
struct switch_kind {
    uint32_t from, to;            /* enum mode */
    struct samples instructions;  /* of each switch that took place */
    struct samples walks;         /* its refill */
    struct samples refused;       /* instructions of each that was refused */
};

struct switches {
    struct switch_kind *kinds;    /* sorted by from and to once finished */
    uint32_t count;
    struct groups reasons;        /* by enum refusal: one number for each refused switch, its instructions */

    /* the switch under way; when it BEGINS or ENDS, its hw_counters come next */
    enum { SWITCH_NONE, SWITCH_BEGINS, SWITCH_UNDER_WAY, SWITCH_ENDS } stage;
    uint32_t domid;
    uint64_t begin;               /* instructions when it began */
    struct trace_record_mode_switch end;

    /* the refill under way */
    bool filling;
    uint32_t filled;              /* the kind it belongs to, an index */
    uint64_t fill_begin;          /* walks when it began */
    uint64_t walks;               /* as last seen */
    bool drops_nothing;           /* the flush record before the next TLB-control instruction says so */
};

/* Take notice of an event. */
void switches_event(struct switches *switches, const struct event *event);
/* No more events. */
void switches_finish(struct switches *switches);
/* Of all kinds: those that took place, those that were refused. */
uint64_t switches_done(const struct switches *switches);
uint64_t switches_refused(const struct switches *switches);
/* "shadow->direct", in text. */
const char *switch_title(const struct switch_kind *kind, char *text, size_t size);
void switches_free(struct switches *switches);

#endif
