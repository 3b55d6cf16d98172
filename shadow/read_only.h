/*
 * read_only.h - stores of the guest kernel to page tables that it maps read-only.
 *
 * A kernel for Xen maps its tables read-only, because direct page tables want that, and with the assist for writable
 * page tables it stores to them all the same.
 * Rules: a store is carried out when the guest asked for the assist, it is the kernel's, and the page, mapped by a 4
 * KiB entry, is one of the domain's that the engine shadows as an L1 table or that the host knows to be one
 * (shadow_port_known_table). Accessed is set as by a read, dirty is not.
 * Callers: fault.c.
 */
#ifndef SHADOW_READ_ONLY_H
#define SHADOW_READ_ONLY_H

#include <stdbool.h>

#include "shadow/shadow.h"

/*
 * The kernel's write to linear was refused by the guest's own tables. True: it was one of these, was carried out and
 * propagated, regs are advanced. False: the fault is the guest's; nothing has changed but accessed bits.
 */
bool store_to_read_only(struct shadow *shadow, uint32_t linear, struct cpu_user_regs *regs);

#endif
