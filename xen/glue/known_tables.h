/*
 * known_tables.h - which frames are L1 tables by what the guest said of them, in shadow mode.
 *
 * The shadow engine knows the tables that the processor has walked. A kernel that maps its tables read-only and stores
 * to them all the same (the assist for writable page tables) may store to others: to those of a directory that has been
 * pinned, or that has never been loaded. So FRAME_TABLE is set on the frames that a directory names when it is
 * pinned or its root is made, and on what is written into such a directory by hypercall; checked tables of the other
 * modes have it too. It stays until the frame leaves the domain: a kernel that then maps it read-only as ordinary
 * memory gets no fault for its own stores to it, which is all that it means.
 * Callers: shadow_mode.c, shadow_port.c.
 */
#ifndef XEN_GLUE_KNOWN_TABLES_H
#define XEN_GLUE_KNOWN_TABLES_H

#include "xen/domain/domain.h"

/* Directory names entry. */
void known_tables_note(struct domain *domain, pte_t entry);
/* The domain's frame mfn is a directory. */
void known_tables_note_directory(struct domain *domain, mfn_t mfn);

#endif
