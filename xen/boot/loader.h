/*
 * loader.h - what the boot takes over from GRUB: command line, modules, symbols. Callers: boot/main.c.
 */
#ifndef XEN_BOOT_LOADER_H
#define XEN_BOOT_LOADER_H

#include "xen/boot/multiboot.h"

/*
 * Read everything that GRUB tells; hold the memory of modules and symbols (xen/boot/memory.h). Panics on what cannot
 * be used.
 */
void loader_read(const struct multiboot_info *information);
/* Bring modules and symbols where they stay; they are usable from then on. */
void loader_place(void);
/* The hypervisor's own words, without its file name. */
const char *loader_command_line(void);

#endif
