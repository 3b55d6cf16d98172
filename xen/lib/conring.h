/*
 * conring.h - what printk has printed last, for the privileged domain to read (sysctl readconsole).
 *
 * Rules: places are counted from the boot on and wrap with their 32 bits; a place of the ring is one of them modulo
 * its size. What is older than the ring is long is lost, whether it was read or not.
 * Callers: printk.c, hypercall/sysctl.c, tests/unit.
 */
#ifndef XEN_LIB_CONRING_H
#define XEN_LIB_CONRING_H

#include <stdint.h>

#define CONRING_BYTES 16384u

void conring_put(const char *text, uint32_t length);
/* Where reading begins: what was forgotten last, or as far back as the ring goes. And where it ends. */
uint32_t conring_begin(void);
uint32_t conring_end(void);
/*
 * What lies together from place at (conring_begin to conring_end) on: *text, and how many bytes; 0 at the end.
 */
uint32_t conring_piece(uint32_t at, const char **text);
/* Reading begins at place at (conring_begin to conring_end) from now on. */
void conring_forget(uint32_t at);

#endif
