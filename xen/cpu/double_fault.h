/*
 * double_fault.h - vector 8 enters through a task gate, on a stack of its own: whatever happened to the hypervisor's
 * stack, this one works.
 */
#ifndef XEN_CPU_DOUBLE_FAULT_H
#define XEN_CPU_DOUBLE_FAULT_H

#include "xen/cpu/tss.h"

extern struct tss double_fault_tss;

/* Boot: fill the TSS in. */
void double_fault_init(void);

#endif
