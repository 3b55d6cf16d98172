/* traps.c - traps.h: who handles what. How traps arrive is in traps_pv.c (or guests/native/traps.c). */
#include "guests/lib/traps.h"

#include <stddef.h>

#include "guests/lib/events.h"
#include "guests/lib/outcome.h"

#define EXCEPTIONS 32

static trap_handler *handlers[EXCEPTIONS];
static trap_handler *system_call_handler;
static void (*before_user)(void);

static _Noreturn void unexpected(const struct trap_frame *frame) {
    panic("unexpected trap %u, error code %x, at %x:%x, eflags %x, fault address %x", frame->vector, frame->error_code,
          frame->cs, frame->eip, frame->eflags, trap_fault_address());
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

void trap_deliver(struct trap_frame *frame) {
    dispatch(frame);
    if (trap_from_user(frame) && before_user != NULL)
        before_user();
}
