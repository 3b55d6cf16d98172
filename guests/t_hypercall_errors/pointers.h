/* pointers.h - addresses that no hypercall may accept, and one at which only the beginning can be read. */
#ifndef T_HYPERCALL_ERRORS_POINTERS_H
#define T_HYPERCALL_ERRORS_POINTERS_H

#include <stdint.h>

/*
 * Nowhere, the machine-to-physical table (readable by the guest, but the hypervisor's), the hypervisor proper, the end
 * of all addresses.
 */
#define BAD_POINTERS 4
extern void *const bad_pointers[BAD_POINTERS];

/* Map one page at the beginning of an otherwise empty area. */
void pointers_start(void);
/* An address whose first bytes lie at the end of a mapped page and the rest beyond it. bytes < 4096. */
void *pointer_across(uint32_t bytes);

/* The groups of checks. */
void check_control(void);
void check_memory(void);
void check_events(void);

#endif
