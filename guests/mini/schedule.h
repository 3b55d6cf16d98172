/* schedule.h - what process.c and schedule.c share. */
#ifndef MINI_SCHEDULE_H
#define MINI_SCHEDULE_H

#include <stdint.h>

#include "guests/mini/process.h"

/* Process number index of the table, used or not (index < PROCESSES). */
struct process *process_at(uint32_t index);

/* Leave the boot stack for the first process. */
_Noreturn void schedule_first(struct process *process);
/* Run the next process that can; returns when the caller's turn comes again. */
void schedule(void);

/* switch.S: save the callee's registers and the stack pointer to *save, go on on the stack next. */
void switch_stacks(uint32_t *save, uint32_t next);
/* switch.S: return to ring 3 as frame says; frame is the end of the kernel stack. */
_Noreturn void enter_user(struct trap_frame *frame);

#endif
