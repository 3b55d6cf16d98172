/* schedule.c - round robin over the process table; waiting, waking and time (see process.h). */
#include "guests/mini/schedule.h"

#include <stddef.h>

#include "guests/lib/clock.h"
#include "guests/mini/counters.h"
#include "guests/mini/hop.h"
#include "guests/mini/machine.h"
#include "guests/mini/mm.h"

static struct process *current;
static bool slice_over;

struct process *process_current(void) {
    return current;
}

/* The next runnable process after the current one in table order, itself last. */
static struct process *choose(void) {
    uint32_t start = 0;

    while (process_at(start) != current)
        start++;
    for (uint32_t i = 1; i <= PROCESSES; i++) {
        struct process *process = process_at((start + i) % PROCESSES);

        if (process->state == PROCESS_RUNNABLE)
            return process;
    }
    return NULL;
}

/* Point the machine at process. */
static void load(struct process *process) {
    bool other_space = process->mm != NULL && process->mm != mm_active();

    machine->switch_context(other_space ? process->mm->directory : 0, process->kernel_stack_top, !fpu_loaded(process));
    if (other_space)
        mm_note_active(process->mm);
    current = process;
    slice_over = false;
}

void schedule(void) {
    struct process *previous = current;
    struct process *next;

    while ((next = choose()) == NULL)
        machine->idle();
    if (next == previous) {
        slice_over = false;
        return;
    }
    counters.switches++;
    load(next);
    switch_stacks(&previous->kernel_esp, next->kernel_esp);
}

_Noreturn void schedule_first(struct process *process) {
    uint32_t boot_esp;

    load(process);
    switch_stacks(&boot_esp, process->kernel_esp);
    __builtin_unreachable();
}

void process_yield(void) {
    schedule();
}

void process_wait_for(const void *channel, uint64_t wake_at) {
    current->channel = channel;
    current->wake_at = wake_at;
    current->state = PROCESS_WAITING;
    schedule();
}

void process_wake(const void *channel) {
    for (uint32_t i = 0; i < PROCESSES; i++) {
        struct process *process = process_at(i);

        if (process->state == PROCESS_WAITING && process->channel == channel)
            process->state = PROCESS_RUNNABLE;
    }
}

void process_tick(void) {
    uint64_t now = clock_ns();

    counters.ticks++;
    hop_tick();
    slice_over = true;
    for (uint32_t i = 0; i < PROCESSES; i++) {
        struct process *process = process_at(i);

        if (process->state == PROCESS_WAITING && process->wake_at != 0 && process->wake_at <= now)
            process->state = PROCESS_RUNNABLE;
    }
}

void process_preempt(void) {
    hop_if_due();
    if (slice_over)
        schedule();
}
