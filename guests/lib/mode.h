/*
 * mode.h - the paging mode that the guest is in, and changing it.
 *
 * Callers: tables.c, t_*.
 */
#ifndef GUESTS_LIB_MODE_H
#define GUESTS_LIB_MODE_H

#include <stdbool.h>
#include <stdint.h>

#include "xen/public/penumbra.h"

/* PENUMBRA_MODE_* as the hypervisor tells it now. Panics when it tells none. */
uint32_t mode_now(void);
const char *mode_name(uint32_t mode);
/* Are tables plain memory in it, mapped writable and written by stores? */
bool mode_tables_plain(void);

/*
 * Change to mode (PENUMBRA_MODE_*) by vm_assist; returns the hypervisor's answer. From shadow mode all tables must be
 * read-only before (mode_protect_tables).
 */
long mode_switch(uint32_t mode);

/*
 * Make every table of the boot directory, and itself, read-only in the kernel's map, as direct and writable mode find
 * them. In shadow mode tables_set and tables_install do not work on them afterwards, but tables_update does.
 */
void mode_protect_tables(void);

#endif
