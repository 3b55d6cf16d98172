/* outcome.c - see outcome.h. */
#include "guests/lib/outcome.h"

#include <stdarg.h>
#include <stddef.h>

#include <xen/sched.h>

#include "guests/lib/console.h"
#include "guests/lib/format.h"
#include "xen/public/penumbra.h"

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
