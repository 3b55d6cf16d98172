/*
 * legal.h - what the guest's tables have given since the guest last flushed; and what they give now.
 *
 * A processor may combine an L2 entry that it remembers with the L1 entry of now. Written from the manual and not from
 * the engine's code. Source: Intel SDM volume 3, 4.6, 4.7, 4.10.4. Callers: moves.c, hardware.c.
 */
#ifndef SMALL_LEGAL_H
#define SMALL_LEGAL_H

#include "tests/unit/small/world.h"

/* The guest's tables may have changed. */
void legal_moment(void);
void legal_flush_page(uint32_t page);
void legal_flush_all(void);
bool legal(uint32_t page, uint32_t frame, bool write, bool user);

/* The error code that the guest's tables give for an access (FAULT_ACCESS bits); -1 and *frame: they allow it. */
int32_t legal_walk(uint32_t page, uint32_t access, uint32_t *frame);

#endif
