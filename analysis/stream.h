/*
 * stream.h - reads the instruction stream of a trace: every instruction that executed, in order, and what went with it.
 *
 * The stream is handed out as items in the order of time:
 *   run       instructions at one address after another, in one ring; the code that they are is shared by all runs of it
 *   transfer  the flow left for another place in a way that may change ring or segment: exception, interrupt, iret, far
 *             transfer, hlt
 *   walk      the processor filled its TLB
 *   access    data that an instruction read or wrote, where accesses were traced
 *   gap       nothing is known of these instructions: tracing was off, or a part of the trace is lost or damaged
 * Walks and accesses follow the run that they belong to and say by their time which of its instructions they are of;
 * what delivering an exception or interrupt, or fetching the next instruction, made belongs to the instruction before.
 *
 * Rules: time is the clock of all records, instructions begun since reset. Runs and gaps cover the window that was
 * asked for without hole or overlap. An item is valid until the next call; code is valid until stream_close. Memory
 * is bounded, whatever the length of the trace; see docs/stream.md.
 * Callers: analysis/tools/, the Python binding.
 */
#ifndef ANALYSIS_STREAM_H
#define ANALYSIS_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STREAM_RINGS 4
#define STREAM_LEVELS 3 /* of page tables, at most */

enum stream_kind { STREAM_END, STREAM_RUN, STREAM_TRANSFER, STREAM_WALK, STREAM_ACCESS, STREAM_GAP };

/*
 * Instructions at one address after another. The last one is the first that may go elsewhere, or repeats, or where
 * the page ends, or where a run was interrupted or needed a page walk: then other code begins with the same
 * instructions and has more of them.
 */
struct stream_code {
    uint32_t number;        /* from 0, dense: for a reader's tables */
    uint32_t address;       /* linear, of the first instruction */
    uint32_t mfn;           /* the frame that the first byte was fetched from */
    uint16_t instructions;
    uint16_t byte_count;
    uint8_t bits;           /* default operand and address size: 16 or 32 */
    const uint8_t *lengths; /* bytes of each instruction */
    const uint8_t *bytes;   /* all of them, one instruction after another */
};

struct stream_run {
    const struct stream_code *code;
    uint16_t first;      /* index of the first instruction that executed */
    uint16_t count;      /* how many of them, 1 or more */
    uint32_t ring;
    /* times that the last one began; 1 but for repeated string instructions (time advances with each) */
    uint32_t passes;
    /* of a repeated string instruction that is the last one, completed in this run; 0: it does not repeat */
    uint64_t iterations;
    bool faulted;        /* the last one began and did not complete */
    bool accesses;       /* data accesses were recorded: all that these instructions made follow */
};

enum stream_transfer_kind {
    TRANSFER_EXCEPTION, TRANSFER_INTERRUPT, TRANSFER_SOFTWARE_INTERRUPT, TRANSFER_IRET, TRANSFER_FAR, TRANSFER_HLT,
};

struct stream_transfer {
    enum stream_transfer_kind kind;
    uint32_t vector;            /* of an exception or interrupt */
    uint32_t error_code;        /* of an exception that has one */
    uint32_t from_ring, to_ring;
    uint32_t to;                /* linear address of the next instruction */
};

enum stream_walk_use { WALK_FOR_READ, WALK_FOR_WRITE, WALK_FOR_FETCH }; /* write: reads that are followed by one too */

struct stream_walk {
    uint32_t address;                /* linear, that was looked up; its low 12 bits may be 0 */
    enum stream_walk_use use;
    bool user;                       /* with the rights of ring 3 */
    bool filled;                     /* the TLB got an entry; otherwise a page fault came of it */
    uint32_t levels;                 /* entries read */
    uint32_t entry[STREAM_LEVELS];   /* their physical addresses, from the root */
    uint64_t value[STREAM_LEVELS];   /* as they were read */
    uint32_t set;                    /* bit l: the walker set accessed or dirty in entry l */
};

enum stream_access_kind { ACCESS_READ = 1, ACCESS_WRITE = 2, ACCESS_BOTH = 3 };

struct stream_access {
    enum stream_access_kind kind;
    uint32_t address;            /* linear */
    uint32_t physical;
    uint32_t bytes;
};

struct stream_gap {
    uint64_t until;     /* the first instruction of which something is known again */
    const char *why;    /* for people; static */
    bool asked;         /* tracing was off as asked for; nothing is missing */
};

struct stream_item {
    enum stream_kind kind;
    /* of the first instruction of a run or gap; of the instruction that a walk, access or transfer belongs to */
    uint64_t time;
    union {
        struct stream_run run;
        struct stream_transfer transfer;
        struct stream_walk walk;
        struct stream_access access;
        struct stream_gap gap;
    };
};

/* Of what was handed out so far. */
struct stream_totals {
    uint64_t instructions;          /* begun */
    uint64_t ring[STREAM_RINGS];
    uint64_t faulted;
    uint64_t runs, transfers, walks, accesses;
    uint64_t missing;               /* instructions in gaps that nobody asked for */
};

struct stream;

/*
 * Open the stream in trace directory path, to be read from instruction `from` on and before `until` (UINT64_MAX: to
 * its end). Null: it cannot be read (missing, no instruction stream in it, another version, nothing of it between from
 * and until); why says it for people.
 */
struct stream *stream_open(const char *path, uint64_t from, uint64_t until, char *why, size_t why_bytes);
/* The next item; one of kind STREAM_END, again and again, when there is none. Never null. */
const struct stream_item *stream_next(struct stream *stream);
struct stream_totals stream_totals(const struct stream *stream);
/* What was lost or damaged so far, for people; empty when nothing. */
const char *stream_damage(const struct stream *stream);
void stream_close(struct stream *stream);

#endif
