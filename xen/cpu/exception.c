/*
 * exception.c - where entry.S's common path leads: exceptions, interrupts of the 8259s, and the fix-up table.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xen/xen.h>

#include "xen/cpu/entry.h"
#include "xen/cpu/irq.h"
#include "xen/lib/panic.h"

#define EXCEPTIONS 32
#define VECTOR_DEBUG 1
#define VECTOR_NMI 2
#define VECTOR_PAGE_FAULT 14
#define VECTOR_MACHINE_CHECK 18
#define EFLAGS_TF 0x100u
#define EFLAGS_RF 0x10000u

#define CHECK_OFFSET(field, value) _Static_assert(offsetof(struct cpu_user_regs, field) == (value), "entry.S")
CHECK_OFFSET(error_code, 28);
CHECK_OFFSET(entry_vector, 30);
CHECK_OFFSET(eip, 32);
CHECK_OFFSET(cs, 36);
CHECK_OFFSET(es, 52);
CHECK_OFFSET(ds, 56);
CHECK_OFFSET(fs, 60);
CHECK_OFFSET(gs, 64);
_Static_assert(sizeof(struct cpu_user_regs) == LAYOUT_GUEST_REGS_BYTES, "layout.h");

struct fixup {
    uint32_t instruction, resume;
};
extern const struct fixup fixup_table_start[], fixup_table_end[];

static const char *const exception_names[EXCEPTIONS] = {
    "divide error", "debug exception", "non-maskable interrupt", "breakpoint", "overflow", "bound range exceeded",
    "invalid opcode", "device not available", "double fault", "coprocessor segment overrun", "invalid TSS",
    "segment not present", "stack-segment fault", "general protection fault", "page fault", "exception 15",
    "x87 floating-point error", "alignment check", "machine check", "SIMD floating-point exception",
};

bool fixup_apply(struct cpu_user_regs *regs) {
    for (const struct fixup *fixup = fixup_table_start; fixup < fixup_table_end; fixup++) {
        if (fixup->instruction == regs->eip) {
            regs->eip = fixup->resume;
            return true;
        }
    }
    return false;
}

void exception_panic(const struct cpu_user_regs *regs) {
    uint32_t vector = regs->entry_vector;
    const char *name = vector < EXCEPTIONS && exception_names[vector] ? exception_names[vector] : "reserved exception";
    if (vector == VECTOR_PAGE_FAULT) {
        panic_with_registers(regs, "page fault at address %08x, error code %04x", fault_address(), regs->error_code);
    }
    panic_with_registers(regs, "%s (vector %u), error code %04x", name, vector, regs->error_code);
}

/*
 * A debug exception in ring 0 is a guest's doing: its data breakpoint on memory that the hypervisor copies from or
 * to, or a trap that MOV SS held back until the interrupt gate had been passed (SDM volume 3, 6.8.3). The guest's
 * breakpoint is not reported; the hypervisor goes on.
 */
static void ignore_debug(struct cpu_user_regs *regs) {
    asm volatile("mov %0, %%dr6" : : "r"(0));
    regs->eflags = (regs->eflags & ~EFLAGS_TF) | EFLAGS_RF;
}

/* Called by entry.S: every vector but the page fault and the hypercall. */
void vector_dispatch(struct cpu_user_regs *regs);

void vector_dispatch(struct cpu_user_regs *regs) {
    uint32_t vector = regs->entry_vector;
    if (vector - IRQ_VECTOR < IRQS) {
        irq_dispatch(regs, vector - IRQ_VECTOR);
        return;
    }
    if (vector >= EXCEPTIONS) {
        panic_with_registers(regs, "interrupt %u, which nothing should raise", vector);
    }
    /* Both tell of broken hardware; neither is a guest's doing. */
    if (vector == VECTOR_NMI || vector == VECTOR_MACHINE_CHECK) {
        exception_panic(regs);
    }
    if (from_guest(regs)) {
        exception_entry(regs);
    } else if (vector == VECTOR_DEBUG) {
        ignore_debug(regs);
    } else if (!fixup_apply(regs)) {
        exception_panic(regs);
    }
}
