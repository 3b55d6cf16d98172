/*
 * moves.h - everything that can happen next in the small world. Callers: search.c.
 */
#ifndef SMALL_MOVES_H
#define SMALL_MOVES_H

#include "shadow/walk.h"
#include "tests/unit/small/world.h"

enum move_kind {
    MOVE_ACCESS,      /* page, access */
    MOVE_REMEMBERED,  /* page: an access through an L2 entry that only the processor knows any more */
    MOVE_EMULATE,     /* page, index, value: the kernel's store to a table in sync, carried out by the engine */
    MOVE_STORE,       /* frame, index, value: a store that the processor lets through */
    MOVE_EXPLICIT,    /* frame, index, value: mmu_update */
    MOVE_INVLPG,      /* page */
    MOVE_FLUSH,
    MOVE_LOAD,        /* frame */
    MOVE_RELEASE,     /* frame leaves the domain */
    MOVE_RETURN,      /* and comes back */
    MOVE_UNPIN,       /* frame */
    MOVE_POLICY,      /* policy */
    MOVE_SWITCH,      /* switch: turned on or off */
    MOVE_RESUME,      /* vcpu: it runs now, on its own base pointer */
    MOVE_AWAY,        /* another domain runs */
    MOVE_LEAVE,       /* the domain leaves shadow mode, and comes back when a vcpu runs or loads */
    MOVE_LOG,         /* the log of dirty frames: on or off */
    MOVE_CLEAN,       /* frame; FRAMES: all */
    MOVE_SAMPLE,      /* samples: on or off */
    MOVE_HARVEST,     /* and begun again */
};

/* One move; at the at-th port callback (0: none) another vcpu makes the one numbered other of other_moves. */
struct move {
    uint8_t kind, a, b, value;
    uint8_t at;
    uint8_t other;
};

#define VALUE_LARGE 6u    /* the values that map a large page: one that can be a superpage, */
#define VALUE_PIECES 7u   /* and one that can not */

extern struct move moves[256], other_moves[256];
extern uint32_t move_count, other_move_count;

/* Fill both lists. */
void moves_begin(void);
/* Make a move. False: it is not possible now, or makes no difference; the world is then to be restored. */
bool move_make(const struct move *move);
void move_print(const struct move *move);

#endif
