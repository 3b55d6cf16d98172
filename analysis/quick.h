/*
 * quick.h - the events of a sound trace as LTTng-UST writes it, taken from its packets some ten times faster than
 * libbabeltrace2 does, so that who was at work in a window is known at once however much comes before it.
 *
 * Rules: what is not as usual - damage, a loss, events in several streams, another tracer, fields of other kinds - is
 * libbabeltrace2's business, as is the meaning of every part of the format that records do not use.
 * Callers: analysis/reader.c. Source: Common Trace Format 1.8.3, sections 5 and 6; LTTng-UST 2.13's event headers.
 */
#ifndef ANALYSIS_QUICK_H
#define ANALYSIS_QUICK_H

#include <stdbool.h>

#include "analysis/graph.h"

/*
 * Hand the events of the trace in folder to graph_take, to its end or as far as wanted. Returns false when it is not
 * such a trace: nothing has been done then. run->report->error says so when reading ends at damage that the packets'
 * headers do not show.
 */
bool quick_read(const char *folder, struct graph_run *run);

#endif
