/*
 * traps.h - exceptions, system calls and events as a guest kernel sees them.
 *
 * The kernel runs with events masked: every entry masks them, the way out restores what the interrupted code had and
 * first handles what came meanwhile. A tick that arrives within the last few instructions of that way is delivered as a
 * nested event on the same stack, which is harmless: it returns to the same place. Callers: guest kernels. Source: the
 * frames are those of Xen 3.x x86_32, see trap_info and the iret hypercall.
 */
#ifndef GUESTS_LIB_TRAPS_H
#define GUESTS_LIB_TRAPS_H

#include <stdbool.h>
#include <stdint.h>

#define TRAP_SYSTEM_CALL 0x80u
#define TRAP_EVENT 0x100u            /* our own number for the event callback */
#define EFLAGS_IF 0x200u

/* What traps.S leaves on the stack, lowest address first. */
struct trap_frame {
    uint32_t ebx, ecx, edx, esi, edi, ebp, eax;
    uint32_t ds, es;
    uint32_t vector;
    uint32_t error_code;
    uint32_t eip;
    uint16_t cs;
    uint16_t saved_mask;             /* low byte: evtchn_upcall_mask as it was */
    uint32_t eflags;                 /* IF: were events enabled */
    uint32_t esp, ss;                /* only there when from ring 3 */
};

typedef void trap_handler(struct trap_frame *frame);

/* Was ring 3 interrupted? */
static inline bool trap_from_user(const struct trap_frame *frame) {
    return (frame->cs & 3) == 3;
}

/*
 * Register with the hypervisor: exceptions 0-31 (3 and 4 open to ring 3), system call 0x80, the event and failsafe
 * callbacks. A vector without a handler of the guest's panics.
 */
void traps_install(void);
/* Give vector (0-31 or TRAP_SYSTEM_CALL) a handler; NULL takes it away. */
void trap_handle(uint32_t vector, trap_handler *handler);
/* Called before every return to ring 3, with events masked; a scheduler's place. NULL (at first): nothing. */
void trap_before_user(void (*hook)(void));

/* Mask events; true when they were enabled before. */
bool events_disable(void);
/* Enable events; those that came meanwhile are handled before this returns. */
void events_enable(void);

/* Address that faulted last (valid in a page-fault handler). */
uint32_t trap_fault_address(void);

/* Handle the trap, on the way from traps.S to the machine's way back. Called with events masked. */
void trap_deliver(struct trap_frame *frame);

/* traps.S */
extern const uint8_t trap_entries[32][16];
extern const uint8_t trap_entry_system_call[], trap_entry_event[], trap_entry_failsafe[], trap_return[];
extern volatile uint32_t trap_failsafe_count;
void trap_enter(struct trap_frame *frame);

#endif
