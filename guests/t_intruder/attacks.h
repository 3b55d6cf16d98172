/*
 * attacks.h - what t_intruder tries, one function an attack. An attack returns, ends the domain, or makes the
 * hypervisor end it; attack_succeeded says that it got what nobody may have. Callers: main.c.
 */
#ifndef GUESTS_T_INTRUDER_ATTACKS_H
#define GUESTS_T_INTRUDER_ATTACKS_H

#include <stdint.h>

/* It succeeded where it must not: print and end with outcome failure. */
_Noreturn void attack_succeeded(const char *what, uint32_t value);
/* The first machine frame number that the machine does not have. */
uint32_t attack_frames(void);

/* memory.c: frames that are not ours */
void attack_map_everything(void);
void attack_name_everything(void);
void attack_exhaust_memory(void);

/* events.c: noise */
void attack_event_storm(void);
void attack_console(void);
void attack_ports_of_others(void);

/* entries.c: stacks, handlers, selectors, descriptors; most of them end the domain */
void attack_descriptors(void);
void attack_selectors(void);
void attack_trap_stack(void);
void attack_event_stack(void);
void attack_handlers(void);
void attack_iret(void);
void attack_callbacks(void);
void attack_ring_3(void);

/* endings.c: to die in the middle of something */
void attack_die_in_multicall(void);
void attack_die_in_long_call(void);
void attack_die_with_tables(void);
void attack_die_between_modes(void);

#endif
