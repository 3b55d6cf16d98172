/*
 * hop.h - changing the paging mode from the clock, so that it happens at any point of any workload.
 *
 * Off unless the command line has hop=N: every N ticks, and at the earliest when a program goes on, the kernel goes to
 * another mode, drawn from a pseudo-random sequence that begins with seed=. Callers: schedule.
 */
#ifndef MINI_HOP_H
#define MINI_HOP_H

/* A tick has come. */
void hop_tick(void);
/*
 * On the way back to ring 3: change the mode if it is time. A hypervisor that refuses ends the guest, outcome error
 * when it does not have the mode, failure otherwise.
 */
void hop_if_due(void);

#endif
