/*
 * t_grant.h - the guest's grant table, and single grant operations; see main.c.
 *
 * Callers: guests/t_grant.
 */
#ifndef GUESTS_T_GRANT_H
#define GUESTS_T_GRANT_H

#include <stdbool.h>
#include <stdint.h>

#include "guests/lib/hypercall.h"

#define AREA 0x40000000u             /* where grants are mapped; a table of its own */
#define GRANT_FRAMES 4u
#define REFS (GRANT_FRAMES * 512u)
#define MAP_RW GNTMAP_host_map
#define MAP_RO (GNTMAP_host_map | GNTMAP_readonly)

/* Our grant table, mapped by grant_setup. */
extern volatile struct grant_entry_v1 *grants;
void grant_setup(void);

/* Entry ref grants the page (by its address in the kernel's map) to domain; flags: GTF_* beside the type. */
void grant_page(uint32_t ref, uint32_t domain, const volatile void *page, uint32_t flags);
void grant_revoke(uint32_t ref);

/* One operation; its status. map: the handle goes to *handle. */
int grant_map(uint32_t domain, uint32_t ref, uint32_t flags, uint64_t address, uint32_t *handle);
int grant_unmap(uint32_t handle, uint64_t address, uint64_t device_address);

/* The two sides, for domains that are each other's peer (peers.c). */
void peer_grants(uint32_t peer);
void peer_maps(uint32_t peer);

#endif
