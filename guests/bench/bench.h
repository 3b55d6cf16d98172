/*
 * bench.h - the brackets of a measurement, and the measurements that are in files of their own.
 *
 * Callers: guests/bench.
 */
#ifndef GUESTS_BENCH_BENCH_H
#define GUESTS_BENCH_BENCH_H

#include <stdbool.h>
#include <stdint.h>

#define REPEAT 1000u

/* A measurement begins, and ends after so many operations. name: up to 16 bytes. */
void begin(const char *name);
void end(const char *name, uint32_t operations);

/* The operations on page tables that each paging mode has, in the one that the guest is in (tables.c). */
void measure_tables(void);

/* Shadow mode's policies and switches (policies.c). */
void measure_policies(void);
/* The load of another page directory, with the kernel's pages touched afterwards (spaces.c). */
void measure_spaces(void);

/* The switch between two domains of this guest, and what the second of them does (domains.c). */
void measure_domain_switch(void);
void yield_in_turn(void);
/* Keep the log of domain 1's dirty frames and clean it again and again until it ends; or, without log, only try. */
void watch_other(bool log);

/* Mapping and unmapping of a grant (grants.c). */
void measure_grants(void);

#endif
