/*
 * double_fault.c - see double_fault.h. The task switch has put the interrupted registers into the processor's TSS.
 */
#include "xen/cpu/double_fault.h"

#include <xen/xen.h>

#include "xen/cpu/descriptor.h"
#include "xen/cpu/entry.h"
#include "xen/lib/panic.h"
#include "xen/mm/heap.h"
#include "xen/mm/layout.h"
#include "xen/mm/paging.h"

#define STACK_BYTES 4096
#define EFLAGS_RESERVED 2
#define VECTOR_DOUBLE_FAULT 8

struct tss double_fault_tss;
static uint8_t stack[STACK_BYTES] __attribute__((aligned(16)));

static _Noreturn void double_fault(void) {
    const struct tss *tss = &processor_tss;
    struct cpu_user_regs regs = {
        .ebx = tss->ebx, .ecx = tss->ecx, .edx = tss->edx, .esi = tss->esi, .edi = tss->edi, .ebp = tss->ebp,
        .eax = tss->eax, .entry_vector = VECTOR_DOUBLE_FAULT, .eip = tss->eip, .cs = tss->cs, .eflags = tss->eflags,
        .esp = tss->esp, .ss = tss->ss, .es = tss->es, .ds = tss->ds, .fs = tss->fs, .gs = tss->gs,
    };
    if (tss->esp - LAYOUT_STACK_GUARD <= PAGE_SIZE) {
        panic_with_registers(&regs, "double fault: the hypervisor's stack overflowed (esp %08x)", tss->esp);
    }
    panic_with_registers(&regs, "double fault (esp %08x)", tss->esp);
}

void double_fault_init(void) {
    double_fault_tss = (struct tss){
        .ss0 = HYPERVISOR_DS, .cr3 = physical_of(own_root), .eip = (uint32_t)double_fault, .eflags = EFLAGS_RESERVED,
        .esp = (uint32_t)(stack + STACK_BYTES - 16), .es = HYPERVISOR_DS, .cs = HYPERVISOR_CS, .ss = HYPERVISOR_DS,
        .ds = HYPERVISOR_DS, .io_map = sizeof(struct tss),
    };
    double_fault_tss.esp0 = double_fault_tss.esp;
}
