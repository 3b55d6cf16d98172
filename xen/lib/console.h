/*
 * console.h - where console_write (xen/lib/printk.h) goes, and what comes in from COM1. Callers: boot, which applies
 * the option console=; domain/console_input.c.
 */
#ifndef XEN_LIB_CONSOLE_H
#define XEN_LIB_CONSOLE_H

#include <stdbool.h>
#include <stdint.h>

/* The emulator's port for messages; COM1 and its interrupt line. */
#define CONSOLE_E9 0xe9
#define CONSOLE_COM1 0x3f8
#define CONSOLE_COM1_IRQ 4

/* Choose the outputs. Before this is called the console is on port 0xE9 and, when nothing answers there, on COM1. */
void console_choose(bool e9, bool com1);
/* Does port 0xE9 belong to an emulator that prints what is written there? (It then reads as 0xE9.) */
bool console_e9_present(void);

/* From now on COM1 interrupts when it has received something. */
void console_start_input(void);
/* Take the next character that COM1 has received. False: there is none; *character is unchanged. */
bool console_receive(uint8_t *character);

#endif
