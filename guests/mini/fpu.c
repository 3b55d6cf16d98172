/* fpu.c - see fpu.h. */
#include "guests/mini/fpu.h"

#include <stddef.h>

#include "guests/lib/console.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/outcome.h"
#include "guests/mini/counters.h"
#include "guests/mini/process.h"

#define CPUID_1_EDX_FXSR (1u << 24)

/* Whose registers the processor holds. */
static struct process *owner;

void fpu_start(void) {
    uint32_t eax = 1, ebx, ecx, edx;

    __asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "=c"(ecx), "=d"(edx));
    if ((edx & CPUID_1_EDX_FXSR) == 0) {
        print("error: the processor has no FXSAVE, which this kernel needs to switch the FPU\n");
        finish(PENUMBRA_OUTCOME_error);
    }
}

bool fpu_loaded(const struct process *process) {
    return owner == process;
}

static void save(struct process *process) {
    __asm__ volatile("fxsave %0" : "=m"(process->fpu.state));
}

void fpu_trap(void) {
    struct process *process = process_current();

    counters.fpu_loads++;
    if (owner == process)
        return;
    if (owner != NULL)
        save(owner);
    if (process->fpu.used)
        __asm__ volatile("fxrstor %0" : : "m"(process->fpu.state));
    else
        __asm__ volatile("fninit");
    process->fpu.used = true;
    owner = process;
}

void fpu_copy(struct process *child, struct process *parent) {
    if (owner == parent)
        save(parent);
    child->fpu = parent->fpu;
}

void fpu_reset(struct process *process) {
    if (owner == process)
        __asm__ volatile("fninit");      /* no trap would come, the registers are its own already */
    else
        process->fpu.used = false;
}

void fpu_forget(struct process *process) {
    if (owner == process)
        owner = NULL;
}
