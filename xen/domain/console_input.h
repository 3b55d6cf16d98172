/*
 * console_input.h - what somebody types at the machine: characters from COM1, for the privileged domain.
 *
 * They wait in a ring until the domain reads them with console_io; each one raises VIRQ_CONSOLE, so that one that was
 * overlooked is found with the next. What does not fit is lost, as on any serial line.
 * Callers: start.c, guest/return.c (the interrupt), hypercall/console_io.c.
 */
#ifndef XEN_DOMAIN_CONSOLE_INPUT_H
#define XEN_DOMAIN_CONSOLE_INPUT_H

#include <stdbool.h>
#include <stdint.h>

/* Listen. Called once, when there is a privileged domain. */
void console_input_start(void);
/* Can input still come? */
bool console_input_open(void);
/* COM1 interrupts: take what it has received. */
void console_input_interrupt(void);
/* Look at up to count characters that wait, in order; returns how many. They stay until they are dropped. */
uint32_t console_input_peek(char *to, uint32_t count);
/* Forget the first count of those that were looked at. */
void console_input_drop(uint32_t count);

#endif
