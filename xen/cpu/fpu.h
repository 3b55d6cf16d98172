/*
 * fpu.h - primitives for switching the FPU's state lazily. Policy (who owns it, when) is xen/guest's.
 *
 * Rules: CR0.TS must be clear when these are called (cpu_clear_task_switched in xen/mm/tlb.h). The hypervisor itself
 * uses no FPU or SSE instruction.
 * Source: Intel SDM volume 1, 10.5 (FXSAVE area).
 */
#ifndef XEN_CPU_FPU_H
#define XEN_CPU_FPU_H

#include <stdint.h>

struct fpu_state {
    uint8_t area[512];
} __attribute__((aligned(16)));

/* Save or load x87, MMX and SSE state. */
void fpu_save(struct fpu_state *state);
/* Reserved bits of MXCSR in state are cleared first: it may come from a guest. */
void fpu_restore(struct fpu_state *state);
/* The state of a new vcpu: FNINIT, MXCSR 0x1f80, registers zero. */
void fpu_initial(struct fpu_state *state);

#endif
