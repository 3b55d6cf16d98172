/*
 * timeline.h - a trace as lanes of what went on side by side: spans (from, to), points, and levels (spans of a number).
 *
 * Rules:
 *   - A lane is of the machine, of a domain, or of a vcpu. The spans of one lane do not overlap, and come in the order
 *     of time, as its points do. Those of different lanes come when they end.
 *   - Time is the trace's clock, instructions. A span reaches from the event that began it to the one that ended it,
 *     cut to the window; what was under way when the trace ends, ends there.
 *   - A point is a record, and each record of its kind is one: their numbers are those of analysis/events.
 *   - Who runs: before the first sched_switch the domain of domain_start, then what sched_switch says. Spans of lanes
 *     `ring` and `process` end and begin anew at a sched_switch; of an entry into the hypervisor (hypercall, fault,
 *     interrupt) they reach to where the same vcpu leaves ring 0, also when others ran meanwhile.
 *   - Processes have the name that they had then.
 *   - Memory grows with domains, vcpus and processes only.
 * Callers: analysis/tools/timeline.c, export_chrome.c.
 */
#ifndef ANALYSIS_TIMELINE_H
#define ANALYSIS_TIMELINE_H

#include "analysis/domains.h"
#include "analysis/entry_names.h"
#include "analysis/processes.h"

/* In the order in which people read them. */
enum timeline_lane {
    LANE_PROCESSOR,    /* the machine's: the vcpu that runs */
    LANE_MODE,         /* a domain's: its paging mode, */
    LANE_MODE_SWITCH,
    LANE_POLICY,
    LANE_SHADOW_FRAMES,
    LANE_STATE,        /* a vcpu's: its runstate, */
    LANE_PROCESS,
    LANE_RING,
    LANE_HYPERCALL,
    LANE_SUBCALL,
    LANE_FAULT,
    LANE_INTERRUPT,
    LANE_SHADOW_FAULT, /* from here on points */
    LANE_GUEST_FAULT,
    LANE_UPCALL,
    LANE_PRIVOP,
    LANE_FLUSH,
    LANE_PTE_WRITE,
    LANE_PAGE_TABLE,
    LANE_SCHED,
    LANE_MARKER,
    LANE_TROUBLE,
    TIMELINE_LANES,
};

enum timeline_shape { SHAPE_SPANS, SHAPE_POINTS, SHAPE_LEVEL };

/* What a lane is called, and what the value of what is in it means; null: nothing, it is 0. */
struct timeline_lane_kind {
    const char *name;
    enum timeline_shape shape;
    const char *value;
    bool hex;                    /* people want the value in hexadecimal */
};
extern const struct timeline_lane_kind timeline_lanes[TIMELINE_LANES];

struct timeline_item {
    enum timeline_lane lane;
    uint32_t domain;             /* index in domains; NOBODY: the machine's */
    uint32_t vcpu;
    uint64_t from, to;           /* of a point the same */
    const char *name, *detail;   /* detail: "" when there is none */
    int64_t value;
};

#define TIMELINE_NAME 112

/* A span that is under way. */
struct timeline_span {
    bool open;
    uint64_t from;
    char name[TIMELINE_NAME], detail[TIMELINE_NAME];
    int64_t value;
};

struct timeline_vcpu {
    uint32_t domain, vcpu;
    struct timeline_span state, process, ring;
    bool inside;                 /* an entry into the hypervisor is under way: */
    uint64_t entered, answered;  /* since when; the end of the last part of its multicall */
    struct entry_facts facts;
    int64_t value;               /* the result of its hypercall, the address of its page fault */
};

struct timeline_domain {
    struct timeline_span mode, mode_switch, policy, shadow_frames;
};

struct timeline {
    /* the caller's */
    void *state;
    void (*item)(void *state, const struct timeline_item *item);
    uint64_t from, until;        /* the window */
    uint32_t lanes;              /* those wanted: bit n is lane n */
    bool one_domain;             /* only what belongs to domid */
    uint32_t domid;

    struct domains domains;
    struct processes processes;
    uint64_t first;              /* time of the first event */
    uint64_t guest;              /* of the first domain_start; 0: there was none */
    uint32_t classes;            /* recorded, enum trace_class */

    /* for timeline*.c alone */
    struct timeline_vcpu *vcpus; /* the first is nobody */
    uint32_t vcpu_count;
    struct map vcpu_index;       /* domain, vcpu -> index */
    struct timeline_domain *of_domain;
    uint32_t domain_count;
    struct timeline_span processor;
    uint32_t running;            /* index in vcpus */
    uint32_t ring;
    bool begun, switched;
    bool caused;                 /* an exception or interrupt outside ring 0 was last: */
    struct entry_facts cause;    /* what is known of the entry that may follow */
};

#define TIMELINE_ALL_LANES ((1u << TIMELINE_LANES) - 1)

/* The lanes of these names (commas between them; one may end in *). Ends the program when one is no lane's. */
uint32_t timeline_lanes_named(const char *option, const char *list);
/* Take notice of an event. */
void timeline_event(struct timeline *timeline, const struct event *event);
/* No more events before `time`: ends what is under way. */
void timeline_finish(struct timeline *timeline, uint64_t time);
/* "machine", "domain 1", "domain 1 (life 2) vcpu 0": whose lane it is. */
const char *timeline_owner(const struct timeline *timeline, enum timeline_lane lane, uint32_t domain, uint32_t vcpu,
                           char *text, size_t size);
void timeline_free(struct timeline *timeline);

/* ---- between the files timeline*.c ------------------------------------------------------------------------------ */

/* Hand out what is wanted of an item, cut to the window. */
void timeline_put(struct timeline *timeline, const struct timeline_item *item);
/* A span begins; ends and is put, if it is under way; ends, and one with another name begins. */
void timeline_begin(struct timeline_span *span, uint64_t time, const char *name, int64_t value);
void timeline_end(struct timeline *timeline, struct timeline_span *span, enum timeline_lane lane, uint32_t domain,
                  uint32_t vcpu, uint64_t time);
void timeline_change(struct timeline *timeline, struct timeline_span *span, enum timeline_lane lane, uint32_t domain,
                     uint64_t time, const char *name, int64_t value);
/* The vcpu, made when it is new; nobody for TRACE_NO_DOMAIN. Valid until the next call. */
struct timeline_vcpu *timeline_vcpu_of(struct timeline *timeline, uint32_t domid, uint32_t vcpu);
/* The lanes of domains. */
void timeline_domains_event(struct timeline *timeline, const struct event *event);
void timeline_domains_finish(struct timeline *timeline, uint64_t time);
/* Entries into the hypervisor: lanes hypercall, subcall, fault, interrupt. */
void timeline_entries_event(struct timeline *timeline, const struct event *event);
/* The vcpu's entry, if one is under way, ends. */
void timeline_entry_end(struct timeline *timeline, struct timeline_vcpu *vcpu, uint64_t time);
/* The lanes of points. */
void timeline_points_event(struct timeline *timeline, const struct event *event);

#endif
