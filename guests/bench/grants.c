/*
 * grants.c - mapping and unmapping of a grant: one a hypercall, of a frame that the domain grants to itself.
 */
#include <stddef.h>

#include "guests/bench/bench.h"
#include "guests/lib/events.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/outcome.h"
#include "guests/lib/tables.h"

#define GRANT_AREA 0x38000000u
#define TABLE_LINEAR (GRANT_AREA + 1023 * GUEST_PAGE_SIZE)
#define MAPPINGS 500u

static void grant_to_ourselves(domid_t self) {
    xen_pfn_t frame;
    struct gnttab_setup_table setup = { .dom = DOMID_SELF, .nr_frames = 1 };
    volatile struct grant_entry_v1 *entry = (volatile struct grant_entry_v1 *)(uintptr_t)TABLE_LINEAR;

    set_xen_guest_handle(setup.frame_list, &frame);
    tables_install(GRANT_AREA);
    if (hypercall_grant_table_op(GNTTABOP_setup_table, &setup, 1) != 0 || setup.status != GNTST_okay ||
        hypercall_update_va_mapping(TABLE_LINEAR, (uint64_t)frame << 12 | PTE_P | PTE_W | PTE_A | PTE_D, UVMF_INVLPG) != 0)
        panic("the hypervisor refused a grant table");
    entry->domid = self;
    entry->frame = boot_mfn_of(frame_take());
    entry->flags = GTF_permit_access;
}

void measure_grants(void) {
    static struct gnttab_map_grant_ref maps[MAPPINGS];
    static struct gnttab_unmap_grant_ref unmaps[MAPPINGS];
    domid_t self = (domid_t)event_own_domain();
    int status = 0;

    grant_to_ourselves(self);
    for (uint32_t i = 0; i < MAPPINGS; i++)
        maps[i] = (struct gnttab_map_grant_ref){ .dom = self, .flags = GNTMAP_host_map,
                                                 .host_addr = GRANT_AREA + i * GUEST_PAGE_SIZE };
    begin("grant_map");
    for (uint32_t i = 0; i < MAPPINGS; i++)
        hypercall_grant_table_op(GNTTABOP_map_grant_ref, &maps[i], 1);
    end("grant_map", MAPPINGS);
    for (uint32_t i = 0; i < MAPPINGS; i++) {
        unmaps[i] = (struct gnttab_unmap_grant_ref){ .host_addr = maps[i].host_addr, .handle = maps[i].handle };
        status |= maps[i].status;
    }
    begin("grant_unmap");
    for (uint32_t i = 0; i < MAPPINGS; i++)
        hypercall_grant_table_op(GNTTABOP_unmap_grant_ref, &unmaps[i], 1);
    end("grant_unmap", MAPPINGS);
    for (uint32_t i = 0; i < MAPPINGS; i++)
        status |= unmaps[i].status;
    if (status != GNTST_okay)
        panic("a grant was not mapped, or not unmapped");
}
