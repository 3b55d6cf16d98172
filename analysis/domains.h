/*
 * domains.h - the domains of a run, one after another and side by side: how each was built and ended, and what the
 * processor did while it was the running one.
 *
 * Rules:
 *   - A number that is used again after domain_ended is another domain: it begins with the next domain_frames or
 *     domain_built record. Entry 0 stands for nobody: the processor idles, or the hypervisor works for no domain.
 *   - Processor's numbers count from domain_start on, and are the running domain's: that of the last sched_switch
 *     (before the first that of domain_start), from the counters taken with it. Added over all entries, nobody's too,
 *     they are those of the run.
 *   - What a record says counts for the domain that it speaks of.
 * Callers: analysis/run.c, processes.c and flushes.c tell domains apart by it; analysis/tools/.
 */
#ifndef ANALYSIS_DOMAINS_H
#define ANALYSIS_DOMAINS_H

#include "analysis/counts.h"
#include "analysis/event.h"
#include "analysis/map.h"

#define NOBODY 0u
/* Xen's hypercalls have smaller numbers (xen.h). */
#define HYPERCALLS 64u

struct domain {
    uint32_t domid;
    uint32_t life;             /* how many domains have had this number before, and 1 */
    bool built;
    uint32_t mode, memory_frames; /* at its building */
    bool translated;           /* it names frames by numbers of its own */
    bool ended;
    uint32_t reason, outcome;
    char text[44];
    struct counts counts;      /* the processor's, while it was the running one */
    uint64_t switches;         /* to it */
    uint64_t entries;          /* changes from ring 1, 2 or 3 to ring 0, */
    uint64_t crossings;        /* changes to any ring of more privilege, */
    uint64_t exceptions;       /* exceptions outside ring 0, */
    uint64_t cr3_loads, invlpg; /* and TLB control, while it was the running one */
    uint64_t hypercalls;       /* without the parts of multicalls */
    uint64_t calls[HYPERCALLS]; /* the same by number, with the parts */
    uint64_t upcalls;          /* of the event callback */
};

struct domains {
    struct domain *list;
    uint32_t count;
    struct map latest;         /* domid -> index of the last with this number */
    uint32_t running, next;    /* index; next: from the counters on that follow */
    bool started, start_due;
    bool without_hypercalls, without_upcalls; /* the record class was off */
    struct counts counted;     /* up to where the counts are complete */
};

/* Take notice of an event; before any other analyzer that is given the domains. */
void domains_event(struct domains *domains, const struct event *event);
/* Index of the last domain with this number, made when there is none; NOBODY for TRACE_NO_DOMAIN. */
uint32_t domains_of(struct domains *domains, uint32_t domid);
/* A short text that tells this domain from all others, for tables: "3", "3 (life 2)", "hypervisor". */
const char *domain_title(const struct domains *domains, uint32_t index, char *text, size_t size);
void domains_free(struct domains *domains);

#endif
