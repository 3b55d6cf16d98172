/* traps.c - see traps.h. */
#include "guests/lib/traps.h"

#include <stddef.h>

#include "guests/lib/boot.h"
#include "guests/lib/events.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/outcome.h"

#define EXCEPTIONS 32

static trap_handler *handlers[EXCEPTIONS];
static trap_handler *system_call_handler;
static void (*before_user)(void);

static volatile struct vcpu_info *vcpu(void) {
    return &shared_info->vcpu_info[0];
}

static _Noreturn void unexpected(const struct trap_frame *frame) {
    panic("unexpected trap %u, error code %x, at %x:%x, eflags %x, fault address %x", frame->vector, frame->error_code,
          frame->cs, frame->eip, frame->eflags, trap_fault_address());
}

void traps_install(void) {
    static struct trap_info table[EXCEPTIONS + 2];
    const uint8_t open_to_user = 3, mask_events = 4;

    for (uint32_t i = 0; i < EXCEPTIONS; i++) {
        table[i].vector = (uint8_t)i;
        table[i].flags = (i == 3 || i == 4) ? mask_events | open_to_user : mask_events;
        table[i].cs = FLAT_KERNEL_CS;
        table[i].address = pointer_word(trap_entries[i]);
    }
    /* Not masking events makes it eligible for the processor's own gate: no hypervisor in the way. */
    table[EXCEPTIONS] = (struct trap_info){
        TRAP_SYSTEM_CALL, open_to_user, FLAT_KERNEL_CS, pointer_word(trap_entry_system_call),
    };
    if (hypercall_set_trap_table(table) != 0)
        panic("the hypervisor refused the trap table");
    if (hypercall_set_callbacks(FLAT_KERNEL_CS, pointer_word(trap_entry_event), FLAT_KERNEL_CS,
                                pointer_word(trap_entry_failsafe)) != 0)
        panic("the hypervisor refused the callbacks");
}

void trap_handle(uint32_t vector, trap_handler *handler) {
    if (vector == TRAP_SYSTEM_CALL)
        system_call_handler = handler;
    else if (vector < EXCEPTIONS)
        handlers[vector] = handler;
    else
        panic("no such vector: %u", vector);
}

void trap_before_user(void (*hook)(void)) {
    before_user = hook;
}

uint32_t trap_fault_address(void) {
    return (uint32_t)vcpu()->arch.cr2;
}

bool events_disable(void) {
    bool enabled = vcpu()->evtchn_upcall_mask == 0;

    vcpu()->evtchn_upcall_mask = 1;
    return enabled;
}

void events_enable(void) {
    for (;;) {
        vcpu()->evtchn_upcall_mask = 0;
        if (vcpu()->evtchn_upcall_pending == 0)
            return;
        vcpu()->evtchn_upcall_mask = 1;
        events_dispatch();
    }
}

static void dispatch(struct trap_frame *frame) {
    trap_handler *handler;

    if (frame->vector == TRAP_EVENT) {
        events_dispatch();
        return;
    }
    handler = frame->vector == TRAP_SYSTEM_CALL ? system_call_handler : handlers[frame->vector];
    if (handler == NULL)
        unexpected(frame);
    handler(frame);
}

void trap_enter(struct trap_frame *frame) {
    vcpu()->evtchn_upcall_mask = 1;     /* a direct system call arrives with events enabled */
    dispatch(frame);
    if (trap_from_user(frame) && before_user != NULL)
        before_user();
    if ((frame->eflags & EFLAGS_IF) != 0)
        events_enable();
}
