/* outcome.c - console.h, outcome.h and the markers on the bare machine: its console is port 0xE9, its end the exit port. */
#include "guests/lib/outcome.h"

#include <xen/sched.h>

#include "guests/lib/console.h"
#include "guests/native/native.h"
#include "guests/native/port.h"
#include "trace/emit.h"
#include "xen/public/penumbra.h"

#define CONSOLE_PORT 0xe9

void console_write(const char *text, size_t size) {
    for (size_t i = 0; i < size; i++)
        port_write(CONSOLE_PORT, (uint8_t)text[i]);
}

static _Noreturn void end(uint32_t reason, uint32_t outcome) {
    native_record_end(reason, outcome);
    for (;;)
        port_write_32(TRACE_PORT_EXIT, outcome);
}

_Noreturn void shutdown(uint32_t reason) {
    if (reason == SHUTDOWN_poweroff)
        end(TRACE_END_REASON_poweroff, TRACE_OUTCOME_success);
    end(TRACE_END_REASON_crash, TRACE_OUTCOME_crash);
}

_Noreturn void finish(uint32_t outcome) {
    trace_marker(PENUMBRA_MARKER_outcome, outcome, 0, 0, outcome_name(outcome));
    end(TRACE_END_REASON_poweroff, outcome);
}

void mark_phase(uint32_t number, const char *text) {
    trace_marker(PENUMBRA_MARKER_phase, number, 0, 0, text);
}
