/*
 * check_parts.h - what each part of the trace checker knows, and the functions by which check.c feeds it. The rules
 * are in check.h.
 *
 * Callers: analysis/check*.c.
 */
#ifndef ANALYSIS_CHECK_PARTS_H
#define ANALYSIS_CHECK_PARTS_H

#include "analysis/event.h"
#include "analysis/leave.h"
#include "analysis/map.h"
#include "analysis/stream.h"

struct check;

/* ---- check_flow.c: rules 1 to 7 ---------------------------------------------------------------------------------- */

#define CHECK_TRANSFERS 8 /* one may follow another without an instruction between */

struct check_flow {
    struct leave *leaves;         /* of each code's last instruction, by number of code; room for codes */
    bool *decoded;
    uint32_t room;

    bool known;                   /* what follows is about the instruction before; else there is none */
    uint64_t time;                /* of the next instruction */
    uint32_t own;                 /* address of the last instruction */
    struct leave leave;           /* how it leaves */
    uint32_t next, target;        /* where the flow may go on; the same when there is one way */
    bool anywhere;
    uint32_t ring;
    bool faulted;                 /* the last instruction did not complete, and no exception has come */
    uint32_t left_ring;           /* ring of the last instruction */
    unsigned transfers;           /* behind it */
    struct stream_transfer transfer[CHECK_TRANSFERS]; /* the first of them */
};

void check_flow_run(struct check *check, const struct stream_item *item);
void check_flow_transfer(struct check *check, const struct stream_item *item);
/* Something is missing here. */
void check_flow_gap(struct check *check);

/* ---- check_returns.c: rule 8 ------------------------------------------------------------------------------------- */

/* Where a context was left. */
struct check_place {
    uint32_t own, next;           /* the instruction, and the one behind it: the context may go on at either */
    bool anywhere;
};

#define CHECK_NESTED 16

struct check_returns {
    struct check_place nested[CHECK_NESTED]; /* of the hypervisor itself */
    unsigned depth;
    struct map outer;             /* domid, vcpu -> index in places, where it was left last */
    struct check_place *places;
    uint32_t count;
    bool with_records;            /* the classes fault and hypercall are on */
    bool native;                  /* ring 0 is no hypervisor */
};

/* A transfer, before check_flow_transfer takes it. */
void check_returns_transfer(struct check *check, const struct stream_item *item);
void check_returns_event(struct check *check, const struct event *event);
void check_returns_gap(struct check *check);

/* ---- check_memory.c: rules 9 to 11 ------------------------------------------------------------------------------- */

enum { CHECK_GLOBAL = 1, CHECK_MAY_WRITE = 2 /* it is dirty, too */, CHECK_FRAME_SHIFT = 2 };

/* What the TLB may hold of a page. */
struct check_page {
    uint32_t frame;               /* shifted left by CHECK_FRAME_SHIFT, and CHECK_GLOBAL, CHECK_MAY_WRITE */
    uint32_t walked;              /* how many flushes there had been, from 1; 0: no walk */
};

struct check_memory {
    struct check_page *pages;     /* of the whole address space */
    uint32_t flushes;             /* and what else ends what was before; and 1 */
    bool all_known;               /* the TLB was empty once, and nothing is missing since; else walked pages are */
    uint32_t unknown;             /* walks up to this number of flushes do not count: something is missing behind */
    uint32_t last_local, last_all; /* the flush before which entries that are not global, and all, are gone */
    uint32_t cr4;
    bool has_cr4;
    uint32_t fetched_page, fetched_flushes; /* of the last instruction, so that the next need not look again */
};

void check_memory_run(struct check *check, const struct stream_item *item);
void check_memory_walk(struct check *check, const struct stream_item *item);
void check_memory_access(struct check *check, const struct stream_item *item);
void check_memory_event(struct check *check, const struct event *event);
void check_memory_gap(struct check *check);
void check_memory_free(struct check_memory *memory);

/* ---- check_bytes.c: rule 12 -------------------------------------------------------------------------------------- */

/* What is known of the code in one frame. */
struct check_frame {
    uint32_t version;             /* changes when something of it is forgotten */
    uint8_t bytes[4096], known[512];
};

struct check_bytes {
    struct map index;             /* mfn -> index in frames */
    struct check_frame **frames;
    uint32_t count;
    struct check_seen {           /* by number of code: it agreed with this version of its frame */
        uint32_t frame, version;
    } *seen;
    uint32_t room;
    bool known;                   /* something is known */
};

void check_bytes_run(struct check *check, const struct stream_item *item);
void check_bytes_access(struct check *check, const struct stream_item *item);
void check_bytes_gap(struct check *check);
void check_bytes_free(struct check_bytes *bytes);

/* ---- check_counts.c: rules 13 and 14 ----------------------------------------------------------------------------- */

struct check_counts {
    uint64_t ring[STREAM_RINGS], walks;               /* in the stream */
    uint64_t fetch_time, fetch_walks;                 /* of the last fetch: the record may not have counted them */
    uint64_t stream_ring[STREAM_RINGS], stream_walks; /* at the last hw_counters record */
    uint64_t record_ring[STREAM_RINGS], record_walks; /* in it */
    bool known;                   /* there was one, and nothing is missing since */
    bool recording;               /* hardware events are recorded: hypervisor_start has been seen */
    uint64_t unsettled;           /* offences against rule 14 since the last run: a gap may follow that explains them */
    unsigned settled;             /* offences that were kept before */
};

void check_counts_run(struct check *check, const struct stream_item *item);
void check_counts_walk(struct check *check, const struct stream_item *item);
void check_counts_gap(struct check *check);
void check_counts_event(struct check *check, const struct event *event);

#endif
