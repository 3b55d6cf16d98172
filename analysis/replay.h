/*
 * replay.h - a trace as a TLB sees it: references to pages and flushes, in the order in which the processor made
 * them.
 *
 * Rules:
 *   - A reference is an access to data, or the fetch of an instruction from another page than the one before, in
 *     another ring or after a flush: as long as the processor stays in a page it does not look it up again.
 *   - Each walk of the trace belongs to one reference: the next one of its page and use. One that failed makes a
 *     reference of its own, for the access that it failed for was not made; and so does that of the second page of an
 *     instruction that lies in two.
 *   - A flush has the cause and the label of the flush record before it.
 * Callers: analysis/tlbsim.c. Source: Bochs 2.7, cpu/cpu.cc (prefetch), cpu/icache.cc (boundaryFetch),
 * cpu/access2.cc.
 */
#ifndef ANALYSIS_REPLAY_H
#define ANALYSIS_REPLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "analysis/follow.h"
#include "analysis/leave.h"

struct reference {
    uint64_t time;
    uint32_t page, frame;           /* frame: of no meaning when the walk failed */
    uint32_t offset, bytes;         /* of data, in its page */
    enum stream_walk_use use;
    bool user;                      /* made with the rights of ring 3 */
    bool stack;                     /* by a push, a pop or such */
    bool alone;                     /* nothing in the stream but the walk says that it was made */
    const struct stream_walk *walk; /* that the processor made for it; null: its TLB had the page */
    uint32_t rights;                /* that the walk found, WALK_...; 0 without one that filled the TLB */
};

enum {
    WALK_MAY_WRITE = 2,
    WALK_MAY_USER = 4,
    WALK_IS_DIRTY = 0x40,           /* now, behind the walk */
    WALK_IS_LARGE = 0x80,
    WALK_IS_GLOBAL = 0x100,         /* and CR4.PGE is not known to be off */
};

/* What an instruction makes a TLB drop. */
enum replay_scope { DROPS_NOTHING, DROPS_PAGE, DROPS_LOCAL /* what is not global */, DROPS_ALL };

struct replay_flush {
    uint64_t time;
    enum replay_scope scope;
    uint32_t page;                  /* of DROPS_PAGE */
    bool loads_root;                /* CR3 was loaded, with root */
    uint32_t root;
    uint32_t cause;                 /* enum trace_cause, or REPLAY_LABEL and enum trace_label when the guest named it */
};

#define REPLAY_LABEL 32u
#define REPLAY_CAUSES 64u           /* numbers of causes are less */

/* What else changes which references make walks. */
enum replay_note {
    NOTE_LOST,           /* something is missing here, or the TLB was controlled before that was recorded */
    NOTE_UNSEEN,         /* the accesses of these instructions were not traced; their walks were */
    NOTE_STACK_SEGMENT,  /* SS was loaded, or another segment register with nothing: Bochs forgets the stack's page */
    NOTE_BREAKPOINTS,    /* DR7 was loaded: Bochs flushes its TLB */
};

#define REPLAY_WALKS 16

struct replay {
    /* the caller's */
    void *state;
    void (*reference)(void *state, const struct reference *reference);
    void (*flush)(void *state, const struct replay_flush *flush);
    void (*note)(void *state, enum replay_note note);

    uint64_t accesses, fetches;

    /* for replay.c alone */
    struct stream_item walks[REPLAY_WALKS]; /* not yet used */
    unsigned first, count;
    uint32_t fetch_page;             /* instructions come from there, */
    bool fetch_user;                 /* with the rights of ring 3 */
    bool fetching;                   /* that is so, and nothing was flushed since */
    uint32_t ring;
    uint8_t traits;                  /* of the last instruction */
    bool descriptor_read;            /* it, or what was delivered behind it, has read one */
    uint8_t **code_traits;           /* by number of code, of each instruction; the first is all of them together */
    uint32_t room;
    uint8_t user_pages[(1u << 20) / 8];
    bool in_gap;                     /* nothing is known until the next run */
    uint32_t cause, scope;           /* of the last flush record */
    bool recording;                  /* there is an hw_tlb_control for each instruction that controls the TLB */
    uint32_t cr0, cr4;
    bool has_cr0, has_cr4;           /* they have been loaded */
};

/* What follow_trace hands out; state is a struct replay. */
void replay_item(void *state, const struct context *context, const struct stream_item *item);
void replay_event(void *state, const struct context *context, const struct event *event);
/* Behind the last item: walks whose reference was not recorded are references of their own. */
void replay_end(struct replay *replay);
void replay_free(struct replay *replay);

/* The name of a cause, as flush records have it. */
const char *replay_cause_name(uint32_t cause, char *text, size_t size);

#endif
