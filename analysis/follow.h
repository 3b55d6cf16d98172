/*
 * follow.h - a trace as one sequence: the instruction stream (stream.h) and the records (reader.h) merged by time, each
 * with who was at work.
 *
 * Rules:
 *   - What the stream says of an instruction (itself, its walks and accesses, the transfer behind it) comes before the
 *     records of that instruction: what a record changes holds from the next instruction on.
 *   - But behind the hw_tlb_control record of an instruction comes what is not the instruction itself: it has no
 *     access of its own, so that a walk with its time is that of the next one's fetch, and finds what the flush left.
 *   - A run in which a walk, an access or a record lies is handed out in parts, so that the order is exact. The repeats
 *     of a string instruction are not parted: all of them come before what belongs to any of them.
 *   - Who was at work: before the first sched_switch the domain of domain_start, from each sched_switch on the next
 *     one; nobody before, and while the processor idles.
 *   - One record, one item and one run are held at a time; what grows with the trace is the list of domains and
 *     processes.
 * Callers: analysis/tools/ that read instructions.
 */
#ifndef ANALYSIS_FOLLOW_H
#define ANALYSIS_FOLLOW_H

#include "analysis/domains.h"
#include "analysis/missing.h"
#include "analysis/processes.h"
#include "analysis/reader.h"
#include "analysis/stream.h"

struct context {
    uint32_t domid, vcpu;   /* TRACE_NO_DOMAIN, 0: nobody */
    uint32_t domain;        /* index in domains; NOBODY */
    uint32_t process;       /* index in processes: whose page directory the vcpu is on; 0: none yet */
    uint32_t ring;          /* of the last run; behind a transfer the new one */
    uint32_t cr3;           /* as it was loaded last; 0: not known yet */
};

struct follow {
    /* the caller's; either function may be null. A record's context is the one behind it, an item's the one of it. */
    void *state;
    void (*item)(void *state, const struct context *context, const struct stream_item *item);
    void (*event)(void *state, const struct context *context, const struct event *event);
    bool enough;            /* set by one of them: nothing more is handed out */

    struct domains domains;
    struct processes processes;
    struct reader_report report;
    struct stream_totals totals;
    struct missing missing;
    char trouble[256];      /* why there is no stream, or what is damaged in it; empty when nothing is wrong */

    /* for follow.c alone */
    struct context context;
    struct stream *stream;
    const struct stream_item *next;
    struct stream_item left;   /* the part of a run that was not handed out yet; of another kind when there is none */
    bool opened;
    uint64_t from;
    bool switched;             /* a sched_switch has been seen */
    bool controls_tlb;         /* the record that the stream catches up with is an hw_tlb_control */
};

/*
 * Hand out what the trace under path has from instruction `from` on and before `until` (UINT64_MAX: to its end). The
 * records before `from` are read for the context only. follow: zeroed but for what is the caller's. Returns
 * STATUS_FINE, STATUS_INCOMPLETE (instructions or records are missing that ought to be there) or STATUS_NOTHING
 * (there is no instruction stream, and nothing has been handed out); follow_print_report says why.
 */
enum reader_status follow_trace(struct follow *follow, const char *path, uint64_t from, uint64_t until);
/* Tell people on stderr what was wrong with the trace under path, if anything. */
void follow_print_report(const char *path, const struct follow *follow);
void follow_free(struct follow *follow);

#endif
