/* counters.h - the events that CALL_counters reports; each is counted where it happens. */
#ifndef MINI_COUNTERS_H
#define MINI_COUNTERS_H

#include "guests/mini/system_calls.h"

extern struct counters counters;

#endif
