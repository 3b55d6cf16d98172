/*
 * console.h - where console_write (xen/lib/printk.h) goes. Callers: boot, which applies the option console=.
 */
#ifndef XEN_LIB_CONSOLE_H
#define XEN_LIB_CONSOLE_H

#include <stdbool.h>

/* Choose the outputs. Before this is called the console is on port 0xE9 and, when nothing answers there, on COM1. */
void console_choose(bool e9, bool com1);
/* Does port 0xE9 belong to an emulator that prints what is written there? (It then reads as 0xE9.) */
bool console_e9_present(void);

#endif
