/*
 * cmos.h - the battery-backed clock. Source: Motorola MC146818A data sheet. Callers: timer.c.
 */
#ifndef XEN_CPU_CMOS_H
#define XEN_CPU_CMOS_H

#include <stdint.h>

/*
 * What the clock says, in seconds since 1970-01-01 00:00 (it is taken to run on UTC, years 1970 to 2069). 0 when it
 * holds no valid date.
 */
uint32_t cmos_seconds(void);

#endif
