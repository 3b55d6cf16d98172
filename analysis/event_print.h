/*
 * event_print.h - a record as text for people: who, name, fields.
 *
 * Callers: analysis/tools/events.c, analysis/insn_print.c.
 */
#ifndef ANALYSIS_EVENT_PRINT_H
#define ANALYSIS_EVENT_PRINT_H

#include <stdio.h>

#include "analysis/event.h"

/* Print "d1.0 base_pointer guest_mfn=0x2001 ..." without the time and without the end of the line. */
void print_event(FILE *to, const struct event *event);

#endif
