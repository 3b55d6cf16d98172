/*
 * outcome.h - how a guest ends, and the marker hypercall's everyday uses.
 *
 * Callers: guest kernels.
 */
#ifndef GUESTS_LIB_OUTCOME_H
#define GUESTS_LIB_OUTCOME_H

#include <stdint.h>

/* End the domain with a reason (SHUTDOWN_*). */
_Noreturn void shutdown(uint32_t reason);
/* Say how the guest's work ended (PENUMBRA_OUTCOME_*) and power off. */
_Noreturn void finish(uint32_t outcome);
/* The guest itself is broken: print "panic: " and the text, end as SHUTDOWN_crash. */
_Noreturn void panic(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The word for an outcome: success, skip, error, failure; "unknown" for another number. */
const char *outcome_name(uint32_t outcome);

/* A phase of the work begins. text: up to 16 bytes are recorded. */
void mark_phase(uint32_t number, const char *text);

#endif
