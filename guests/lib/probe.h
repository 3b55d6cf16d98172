/*
 * probe.h - touching memory that may not be there.
 *
 * Callers: t_*. probe_start takes the page-fault vector; a fault in ring 3 goes to user.h, one anywhere else panics.
 */
#ifndef GUESTS_LIB_PROBE_H
#define GUESTS_LIB_PROBE_H

#include <stdbool.h>
#include <stdint.h>

/* Register the page-fault handler; after traps_install. */
void probe_start(void);

/* Read or write one word. False: it faulted; probe_error_code and probe_address tell how. */
bool probe_read(uint32_t linear, uint32_t *value);
bool probe_write(uint32_t linear, uint32_t value);
uint32_t probe_error_code(void);
uint32_t probe_address(void);
/* Faults taken since the start. */
uint32_t probe_faults(void);

/* probe.S */
bool probe_read_word(uint32_t linear, uint32_t *value);
bool probe_write_word(uint32_t linear, uint32_t value);
extern const uint8_t probe_read_at[], probe_write_at[], probe_failed[];

#endif
