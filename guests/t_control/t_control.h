/*
 * t_control.h - the two sides of t_control; see main.c.
 *
 * Callers: guests/t_control.
 */
#ifndef GUESTS_T_CONTROL_H
#define GUESTS_T_CONTROL_H

#include <stdbool.h>
#include <stdint.h>

#include "guests/lib/clock.h"
#include "guests/lib/events.h"

/* The ordinary domain: answer domain 0's events until it is destroyed; one that nobody calls ends by itself. */
_Noreturn void serve(void);
/* The making of domains, and their end (build.c). */
void check_building(void);
/* A whole domain runs (run.c). */
void check_running(void);
/* One is made that nobody will destroy; wait until it has ended, or do not. */
void leave_one(bool ended);
/* The page tables and pages of the one that is built, in direct mode or not (tables.c). */
void check_others_tables(bool direct);
/* The state of our vcpu (context.c). */
void check_own_context(void);
/* The hypervisor's messages (console.c). */
void check_console(void);
/* Wait until a domain that was destroyed is no more; false: it still is after a second. */
bool domain_is_gone(uint32_t domain);
/* So many requests at random (random.c). */
void act_at_random(uint32_t steps, uint32_t seed);
/* The other's paging mode, whatever it runs, so many times to shadow and back, every so many ms (modes.c). */
void change_modes(uint32_t other, uint32_t times, uint32_t ms);
/* The privileged one. */
void control(uint32_t other);

#endif
