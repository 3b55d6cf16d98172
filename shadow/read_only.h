/*
 * read_only.h - stores of the guest kernel to page tables that it maps read-only.
 *
 * A kernel for Xen maps its tables read-only, because direct page tables want that, and with the assist for writable
 * page tables it stores to them all the same. The engine keeps no types of frames, so it cannot tell such a table from
 * other memory before it has shadowed it.
 * Rules: a store is carried out when the guest asked for the assist (shadow_port_stores_to_read_only), it is the
 * kernel's, and the page is one that the domain owns, maps read-only with a 4 KiB entry, and shows to ring 3 in no
 * level: pages shown to ring 3 are those that copy-on-write is about. Accessed is set as by a read, dirty is not.
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
