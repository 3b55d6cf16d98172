/*
 * fpu.h - the FPU, switched lazily: its state moves when another process uses it, not at every context switch.
 *
 * The hypervisor lets the first use after a context switch trap (fpu_taskswitch) and has cleared TS when the trap
 * arrives. Callers: scheduler, process, trap.
 */
#ifndef MINI_FPU_H
#define MINI_FPU_H

#include <stdbool.h>
#include <stdint.h>

struct process;

struct fpu {
    uint8_t state[512] __attribute__((aligned(16)));     /* as FXSAVE writes it */
    bool used;                                           /* state means something */
};

/* Ends the guest with a message when the processor has no FXSAVE. */
void fpu_start(void);
/* Are process's registers the ones in the processor? */
bool fpu_loaded(const struct process *process);
/* The device-not-available trap: load the current process's registers. */
void fpu_trap(void);
/* The child begins with its parent's registers. */
void fpu_copy(struct process *child, struct process *parent);
/* The current process begins a new program. */
void fpu_reset(struct process *process);
/* process ends. */
void fpu_forget(struct process *process);

#endif
