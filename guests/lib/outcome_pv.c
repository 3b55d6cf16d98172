/* outcome_pv.c - outcome.h on the paravirtual machine. */
#include "guests/lib/outcome.h"

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

void mark_phase(uint32_t number, const char *text) {
    hypercall_marker(PENUMBRA_MARKER_phase, number, 0, 0, text);
}
