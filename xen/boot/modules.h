/*
 * modules.h - what GRUB loaded behind the hypervisor: the kernels of guests and their ramdisks.
 *
 * They lie in the direct map, out of the allocators' way, and do not change. data is page-aligned. Modules are counted
 * from 1.
 */
#ifndef XEN_BOOT_MODULES_H
#define XEN_BOOT_MODULES_H

#include <stdint.h>

#define MODULES_MAX 32
#define MODULE_COMMAND_LINE_BYTES 1024   /* as Xen's start_info.cmd_line, NUL included */

struct module {
    const uint8_t *data;   /* NULL: there is no such module */
    uint32_t size;         /* bytes */
    char command_line[MODULE_COMMAND_LINE_BYTES];   /* what stood behind the file name */
};

/* How many there are. */
uint32_t modules_count(void);
/* Module number n; NULL: there is none of that number. */
const struct module *module_by_number(uint32_t n);

/* The modules have been copied where they belong; their memory goes to the heap. data is NULL then. */
void modules_release(void);

/* Given by xen/domain: the machine is ready, interrupts are off; build the domains and run them. */
_Noreturn void domains_start(void);

#endif
