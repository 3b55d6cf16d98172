/* outcome.c - see outcome.h. */
#include "guests/lib/outcome.h"

#include <stdarg.h>
#include <stddef.h>

#include "guests/lib/console.h"
#include "guests/lib/format.h"
#include "guests/lib/hypercall.h"

_Noreturn void shutdown(uint32_t reason) {
    struct sched_shutdown argument = { .reason = reason };

    hypercall_sched_op(SCHEDOP_shutdown, &argument);
    /*
     * The hypercall does not return; should it, an invalid instruction without a handler ends the domain all the same.
     */
    for (;;)
        __asm__ volatile("ud2");
}

_Noreturn void finish(uint32_t outcome) {
    hypercall_marker(PENUMBRA_MARKER_outcome, outcome, 0, 0, outcome_name(outcome));
    shutdown(SHUTDOWN_poweroff);
}

_Noreturn void panic(const char *format, ...) {
    char text[256];
    va_list arguments;

    va_start(arguments, format);
    format_text(text, sizeof(text), format, arguments);
    va_end(arguments);
    print("panic: %s\n", text);
    shutdown(SHUTDOWN_crash);
}

const char *outcome_name(uint32_t outcome) {
    static const struct {
        uint32_t outcome;
        const char *name;
    } names[] = {
        { PENUMBRA_OUTCOME_success, "success" },
        { PENUMBRA_OUTCOME_skip, "skip" },
        { PENUMBRA_OUTCOME_error, "error" },
        { PENUMBRA_OUTCOME_failure, "failure" },
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (names[i].outcome == outcome)
            return names[i].name;
    }
    return "unknown";
}

void mark_phase(uint32_t number, const char *text) {
    hypercall_marker(PENUMBRA_MARKER_phase, number, 0, 0, text);
}
