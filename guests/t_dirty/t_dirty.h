/*
 * t_dirty.h - what both sides of t_dirty know; see main.c.
 *
 * Both domains run this kernel and have as much memory, so a page has the same pseudo-physical number in both: what the
 * watched one writes the watcher knows by number.
 * Callers: guests/t_dirty.
 */
#ifndef GUESTS_T_DIRTY_H
#define GUESTS_T_DIRTY_H

#include <stdbool.h>
#include <stdint.h>

#include "guests/lib/boot.h"
#include "guests/lib/clock.h"
#include "guests/lib/events.h"

#define WATCHED 1u                     /* the other domain's number */
#define PAGES 64u
#define GRANTED 31u                    /* the page that the watched one grants, and by which reference */
#define GRANT_REF 9u
#define OWN_REF 10u                    /* by which it grants itself another one */

/* Nobody writes these but the steps below. */
extern volatile uint32_t pages[PAGES][GUEST_PAGE_SIZE / 4];

/* What the watched domain does each time it is called, one after the other. */
enum step {
    STEP_HELLO,           /* nothing; as long as the watcher looks for it */
    STEP_STORES,
    STEP_LOADS,
    STEP_HYPERVISOR,      /* what it writes for the guest */
    STEP_TABLE_MADE,
    STEP_TABLE_WALKED,
    STEP_TABLE_WRITTEN,   /* through the table, once and again */
    STEP_TABLE_WRITTEN_AGAIN,
    STEP_TABLE_STORED,    /* into the table: emulated, by hypercall, by an instruction that is not emulated */
    STEP_TABLE_CALLED,
    STEP_TABLE_UNSEEN,
    STEP_GRANT_MAPPED,    /* at an address of that table, for reading */
    STEP_GRANT_UNMAPPED,
    STEP_MEMORY,          /* a number gets another frame */
    STEP_LEAVE,           /* it tries to leave shadow mode */
    STEP_SAMPLED,
    STEP_BUSY,            /* everything, with little room for shadows */
    STEP_BUSY_AGAIN,
    STEP_END,
};


_Noreturn void be_watched(void);
_Noreturn void watch(void);
_Noreturn void watch_at_random(uint32_t seed);

#endif
