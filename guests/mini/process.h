/*
 * process.h - processes: their life, and the round-robin scheduler.
 *
 * The kernel is not preempted; a process gives up the processor when it waits, or on its way back to ring 3 when its
 * slice is over. Each has a kernel stack with an unmapped page below it; a stack is in the kernel's map only while its
 * process exists.
 */
#ifndef MINI_PROCESS_H
#define MINI_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "guests/lib/traps.h"
#include "guests/mini/fpu.h"
#include "guests/mini/system_calls.h"

#define PROCESSES 32
#define DESCRIPTORS 48

struct mm;
struct pipe_end;

enum process_state {
    PROCESS_UNUSED = 0,
    PROCESS_RUNNABLE,
    PROCESS_WAITING,         /* for channel, or for wake_at */
    PROCESS_ENDED,           /* until its parent has asked for its status */
};

struct process {
    enum process_state state;
    uint32_t pid;
    struct process *parent;
    char name[NAME_BYTES];
    struct mm *mm;
    uint32_t kernel_esp;                 /* while it does not run */
    uint32_t kernel_stack_top;
    const void *channel;                 /* what it waits for; NULL: only for time */
    uint64_t wake_at;                    /* system time in ns; 0: only for channel */
    int32_t status;                      /* once ended */
    struct pipe_end *descriptors[DESCRIPTORS];
    struct fpu fpu;
};

/* The process that runs. */
struct process *process_current(void);

/*
 * Make process 1 of the program init, with the guest's command line as its argument text, and run it. When it ends, the
 * guest ends with its status as the outcome.
 */
_Noreturn void process_start(void);

/* System calls. */
int32_t process_fork(const struct trap_frame *frame);
_Noreturn void process_exit(int32_t status);
int32_t process_wait(uint32_t status_pointer, uint32_t how);

/* Let others run; returns when it is this process's turn again. */
void process_yield(void);
/* Wait until process_wake(channel); or until wake_at, when that is not 0. Callers check their condition again. */
void process_wait_for(const void *channel, uint64_t wake_at);
void process_wake(const void *channel);
/*
 * The clock's tick; and the way back to ring 3, where the paging mode changes if it is time (hop.h) and a process whose
 * slice is over gives way.
 */
void process_tick(void);
void process_preempt(void);

#endif
