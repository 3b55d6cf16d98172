/*
 * play.h - arguments at random, most of them plausible, for guests that try everything a guest may ask.
 *
 * The victims are frames that the guest keeps nothing in: they become page tables, descriptor tables, pinned, mapped,
 * granted, given back and got again, all at once. A window of linear addresses maps them; its L1 table is the guest's.
 * Rules: whatever comes of it the guest can go on, for its own code, stack and tables are never named.
 * Callers: guests/fuzz, guests/t_random_calls.
 */
#ifndef GUESTS_LIB_PLAY_H
#define GUESTS_LIB_PLAY_H

#include <stdint.h>

#include "guests/lib/tables.h"

#define PLAY_VICTIMS 24u
#define PLAY_WINDOW 0x40000000u      /* nothing is there before */
#define PLAY_WINDOW_PAGES 64u
#define PLAY_LDT_WINDOW (PLAY_WINDOW + 0x20000u)     /* pages of it */

/* How the guest makes a hypercall. */
typedef long play_call(uint32_t number, uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t e);

extern uint32_t play_victims[PLAY_VICTIMS];
/* A page for arguments: lists from its beginning, results from its middle on. */
extern uint8_t *play_scratch;
/* The window's L1 table. */
extern pte_t *play_table;

/* Take victims, scratch and window, and set up a grant table. After random_start. */
void play_start(play_call *call);

/* A machine frame: mostly a victim, now and then somebody else's or nobody's. */
uint32_t play_frame(void);
/* When we are translated: one of a few numbers beyond memory, which may have a frame by now. */
uint32_t play_free_number(void);
/*
 * Would this call, with a list that holds anything, give frames away that the guest lives on? Translated, small numbers
 * are such frames.
 */
bool play_gives_away(uint32_t number, uint32_t operation);
/* A word in the window. */
uint32_t play_address(void);
/* A place for results: mostly in the page, now and then in the window or nowhere. */
uint32_t play_place(void);

/* One call each; its answer. */
long play_set_gdt(void);
long play_update_descriptor(void);
/* Give a victim back and get another one, or change what numbers mean; 0 when it was done. */
long play_memory_op(void);
/* grant_table_op: every operation, on grants of victims to ourselves (play_grants.c). */
long play_grant(void);
/* How much of it was done so far; print it, and check that all of it was. */
void play_check_grants(void);

/* Parts of the two files: play_start's; and a victim is gone, get another in its place. */
void play_grants_start(play_call *call);
void play_replace(uint32_t which);

#endif
