/* traps.c - traps.h on the bare machine: every gate masks interrupts, and IRET restores what the interrupted code had. */
#include "guests/lib/traps.h"

#include "guests/lib/outcome.h"
#include "guests/native/native.h"

#define EXCEPTIONS 32u
#define TRAP_BREAKPOINT 3u
#define TRAP_OVERFLOW 4u
#define TRAP_DEVICE_NOT_AVAILABLE 7u

void traps_install(void) {
    for (uint32_t i = 0; i < EXCEPTIONS; i++)
        native_gate(i, trap_entries[i], i == TRAP_BREAKPOINT || i == TRAP_OVERFLOW);
    native_gate(TRAP_SYSTEM_CALL, trap_entry_system_call, true);
}

uint32_t trap_fault_address(void) {
    uint32_t address;

    __asm__ volatile("mov %%cr2, %0" : "=r"(address));
    return address;
}

bool events_disable(void) {
    uint32_t eflags;

    __asm__ volatile("pushf\n pop %0\n cli" : "=r"(eflags) : : "memory");
    return (eflags & EFLAGS_IF) != 0;
}

void events_enable(void) {
    __asm__ volatile("sti" : : : "memory");
}

/* A paravirtual kernel gets this trap with the FPU ready to be used. */
void trap_enter(struct trap_frame *frame) {
    if (frame->vector == TRAP_DEVICE_NOT_AVAILABLE)
        __asm__ volatile("clts");
    trap_deliver(frame);
}
