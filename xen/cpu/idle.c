/*
 * idle.c - waiting for an interrupt: the only place where the hypervisor runs with interrupts on.
 */
#include "xen/cpu/entry.h"
#include "xen/cpu/percpu.h"

void cpu_idle(void) {
    if (this_cpu()->work) {
        return;
    }
    /* sti takes effect behind the hlt, so no interrupt slips in between */
    asm volatile("sti\n hlt\n cli" : : : "memory");
}
